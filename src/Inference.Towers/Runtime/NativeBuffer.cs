using System.Runtime.InteropServices;

namespace Inference.Towers.Runtime;

/// <summary>Memory outside of the collector's heap, aligned to a cache line, that native code can keep pointers to. The owner disposes it after everything that points to it.</summary>
internal sealed unsafe class NativeBuffer : SafeHandle
{
    private const nuint Alignment = 64;

    public NativeBuffer(nuint bytes)
        : base(0, ownsHandle: true)
    {
        Length = bytes;
        SetHandle((nint)NativeMemory.AlignedAlloc(Math.Max(bytes, 1), Alignment));
    }

    public nuint Length { get; }

    public nint Address => handle;

    public override bool IsInvalid => handle == 0;

    /// <summary>A part of the memory.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The part lies outside.</exception>
    public Span<byte> Slice(nuint start, int length)
    {
        ObjectDisposedException.ThrowIf(IsClosed, this);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        if (start > Length || (nuint)length > Length - start)
            throw new ArgumentOutOfRangeException(nameof(start), $"{start} + {length} lies outside of {Length} bytes.");
        return new Span<byte>((byte*)handle + start, length);
    }

    protected override bool ReleaseHandle()
    {
        NativeMemory.AlignedFree((void*)handle);
        return true;
    }
}
