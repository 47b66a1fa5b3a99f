namespace Grpc.Core;

/// <summary>How one message is written.</summary>
[Flags]
public enum WriteFlags
{
    /// <summary>The message may wait in the buffer for the next one; nothing is flushed for it alone.</summary>
    BufferHint = 0x1,

    /// <summary>The message is sent as it is, whatever the compression of the call.</summary>
    NoCompress = 0x2,
}

/// <summary>Immutable options for writing messages.</summary>
public class WriteOptions
{
    /// <summary>No flags.</summary>
    public static readonly WriteOptions Default = new();

    /// <summary>Makes options with these flags.</summary>
    public WriteOptions(WriteFlags flags = default) => Flags = flags;

    /// <summary>The flags.</summary>
    public WriteFlags Flags { get; }
}
