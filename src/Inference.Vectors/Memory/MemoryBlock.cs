using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Inference.Vectors.Memory;

/// <summary>A block of native, 64-byte aligned memory that lives until the last of its holders lets go.</summary>
/// <remarks>
/// Native, because a snapshot of a large catalogue has to leave memory when it is retired and not when a generation 2 collection comes by, and because an
/// array ends at 2³¹ elements. Counted, because a search may still be running when its snapshot is disposed: the memory then goes with the end of the search.
/// Holders: the matrix or index that made it, each index over it, and each search for its duration. A holder that forgets is covered by the finalizer.
/// </remarks>
internal sealed unsafe class MemoryBlock : IDisposable
{
    /// <summary>One cache line, and one 512-bit register.</summary>
    public const nuint Alignment = 64;

    private readonly IDisposable? _owner;
    private byte* _start;
    private int _holders = 1;

    /// <summary>Allocates <paramref name="length"/> bytes of undefined content, held once.</summary>
    /// <exception cref="OutOfMemoryException">The system has no such block.</exception>
    public MemoryBlock(nuint length)
    {
        Length = length;
        nuint bytes = Math.Max(length, 1);
        bool huge = bytes >= HugePages.Worthwhile;
        _start = (byte*)NativeMemory.AlignedAlloc(bytes, huge ? HugePages.Size : Alignment);
        if (huge)
            HugePages.Advise(_start, bytes);
    }

    /// <summary>Wraps memory of somebody else, such as a mapped file, held once.</summary>
    /// <param name="start">64-byte aligned.</param>
    /// <param name="length">Bytes.</param>
    /// <param name="owner">Disposed when the last holder lets go.</param>
    public MemoryBlock(byte* start, nuint length, IDisposable owner)
    {
        _start = start;
        _owner = owner;
        Length = length;
    }

    ~MemoryBlock() => Free();

    /// <summary>Bytes.</summary>
    public nuint Length { get; }

    /// <summary>The start, seen as <typeparamref name="T"/>. Valid while the caller is a holder.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref T Start<T>()
        where T : unmanaged => ref Unsafe.AsRef<T>(_start);

    /// <summary>A part of the block, no more than what a span can hold. Valid while the caller is a holder.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The part does not lie in the block.</exception>
    public Span<byte> Bytes(nuint offset, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        if (offset > Length || (nuint)length > Length - offset)
            throw new ArgumentOutOfRangeException(nameof(offset), offset, $"{length} bytes from there on do not lie in a block of {Length}.");
        return new Span<byte>(_start + offset, length);
    }

    /// <summary>How many elements lie before the first aligned one. Managed memory may be moved, which then costs speed and nothing else.</summary>
    public static int ElementsToAlignment(ReadOnlySpan<float> span)
    {
        nuint address = (nuint)Unsafe.AsPointer(ref MemoryMarshal.GetReference(span));
        return (int)((nuint)(-(nint)address) % Alignment / sizeof(float));
    }

    /// <summary>Becomes a holder, unless the block is already gone.</summary>
    public bool TryHold()
    {
        int holders = Volatile.Read(ref _holders);
        while (holders > 0)
        {
            int seen = Interlocked.CompareExchange(ref _holders, holders + 1, holders);
            if (seen == holders)
                return true;
            holders = seen;
        }
        return false;
    }

    /// <summary>Ends one hold; the last one frees the block. Each hold is released once, by the one who took it.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref _holders) == 0)
            Dispose();
    }

    /// <summary>Frees the block now. Holders call <see cref="Release"/> instead.</summary>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        byte* start = _start;
        _start = null;
        if (start is null)
            return;
        if (_owner is null)
            NativeMemory.AlignedFree(start);
        else
            _owner.Dispose();
    }
}
