using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Inference.Vectors.Memory;

/// <summary>A block of native, 64-byte aligned floats that lives until the last of its holders lets go.</summary>
/// <remarks>
/// Native, because a snapshot of a large catalogue has to leave memory when it is retired and not when a generation 2 collection comes by, and because an
/// array ends at 2³¹ elements. Counted, because a search may still be running when its snapshot is disposed: the memory then goes with the end of the search.
/// Holders: the matrix, each index over it, and each search for its duration. A holder that forgets is covered by the finalizer.
/// </remarks>
internal sealed unsafe class AlignedFloats : IDisposable
{
    /// <summary>One cache line, and one 512-bit register.</summary>
    public const nuint Alignment = 64;

    private float* _start;
    private int _holders = 1;

    /// <summary>Allocates <paramref name="length"/> floats of undefined content, held once.</summary>
    /// <exception cref="OutOfMemoryException">The system has no such block.</exception>
    public AlignedFloats(nuint length)
    {
        Length = length;
        nuint bytes = checked(Math.Max(length, 1) * sizeof(float));
        bool huge = bytes >= HugePages.Worthwhile;
        _start = (float*)NativeMemory.AlignedAlloc(bytes, huge ? HugePages.Size : Alignment);
        if (huge)
            HugePages.Advise(_start, bytes);
    }

    ~AlignedFloats() => Free();

    public nuint Length { get; }

    /// <summary>The first float. Valid while the caller is a holder.</summary>
    public ref float Start
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => ref Unsafe.AsRef<float>(_start);
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
        NativeMemory.AlignedFree(_start);
        _start = null;
    }
}
