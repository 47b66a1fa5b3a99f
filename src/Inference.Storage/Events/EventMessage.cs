using System.Buffers.Binary;
using Inference.Recommendations.Users;
using Inference.Storage.Users;

namespace Inference.Storage.Events;

/// <summary>
/// What replicas tell each other; numbers are little-endian, entries as in <see cref="InteractionCodec"/>.
/// <code>
///  message   version u8 = 1 │ kind u8 │ sender u64 │ …
///  events    kind 1 │ (user key 16 bytes │ entry) …       nobody's key for anonymous sessions
///  forget    kind 2 │ user key 16 bytes │ former key 16 bytes
/// </code>
/// </summary>
internal static class EventMessage
{
    private const byte Version = 1;
    private const int HeaderSize = 10;

    public enum Kind : byte
    {
        None = 0,
        Events = 1,
        Forget = 2,
    }

    public static byte[] OfEvents(ulong sender, IReadOnlyCollection<(UserKey User, byte[] Entry)> events)
    {
        var message = new byte[HeaderSize + events.Sum(item => UserKey.Size + item.Entry.Length)];
        WriteHeader(message, Kind.Events, sender);
        Span<byte> rest = message.AsSpan(HeaderSize);
        foreach ((UserKey user, byte[] entry) in events)
        {
            user.Write(rest);
            entry.CopyTo(rest[UserKey.Size..]);
            rest = rest[(UserKey.Size + entry.Length)..];
        }

        return message;
    }

    public static byte[] OfForget(ulong sender, UserIdentity user)
    {
        var message = new byte[HeaderSize + (2 * UserKey.Size)];
        WriteHeader(message, Kind.Forget, sender);
        user.Key.Write(message.AsSpan(HeaderSize));
        user.Former.Write(message.AsSpan(HeaderSize + UserKey.Size));
        return message;
    }

    /// <summary>Reads the header off a message.</summary>
    /// <returns>The kind; none for what is no message of this version.</returns>
    public static Kind ReadHeader(ref ReadOnlySpan<byte> message, out ulong sender)
    {
        sender = 0;
        if (message.Length < HeaderSize || message[0] != Version || message[1] is not ((byte)Kind.Events or (byte)Kind.Forget))
            return Kind.None;
        sender = BinaryPrimitives.ReadUInt64LittleEndian(message[2..]);
        var kind = (Kind)message[1];
        message = message[HeaderSize..];
        return kind;
    }

    /// <summary>Reads the next event off a message.</summary>
    public static bool TryReadEvent(ref ReadOnlySpan<byte> rest, out UserKey user, out Interaction interaction)
    {
        (user, interaction) = (default, default);
        if (rest.Length < UserKey.Size)
            return false;
        user = UserKey.Read(rest);
        rest = rest[UserKey.Size..];
        return InteractionCodec.TryRead(ref rest, out interaction);
    }

    /// <summary>Reads who is forgotten.</summary>
    public static bool TryReadForget(ReadOnlySpan<byte> rest, out UserIdentity user)
    {
        user = default;
        if (rest.Length != 2 * UserKey.Size)
            return false;
        user = new UserIdentity(UserKey.Read(rest), UserKey.Read(rest[UserKey.Size..]));
        return true;
    }

    private static void WriteHeader(Span<byte> message, Kind kind, ulong sender)
    {
        message[0] = Version;
        message[1] = (byte)kind;
        BinaryPrimitives.WriteUInt64LittleEndian(message[2..], sender);
    }
}
