using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Inference.Vectors.Kernels;

/// <summary>Where the rows of a group lie. A type argument, like <see cref="ITerm"/>.</summary>
internal interface IRowSource
{
    /// <summary>The first element of row <paramref name="i"/> of the group.</summary>
    ref float Row(nuint i);
}

/// <summary>Rows one after the other.</summary>
internal readonly ref struct ConsecutiveRows(ref float first, nuint stride) : IRowSource
{
    private readonly ref float _first = ref first;
    private readonly nuint _stride = stride;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref float Row(nuint i) => ref Unsafe.Add(ref _first, i * _stride);
}

/// <summary>Rows by their numbers in a matrix; there are at least as many numbers as the group has rows.</summary>
internal readonly ref struct PickedRows(ref float matrix, nuint stride, ReadOnlySpan<int> numbers) : IRowSource
{
    private readonly ref float _matrix = ref matrix;
    private readonly nuint _stride = stride;
    private readonly ref int _numbers = ref MemoryMarshal.GetReference(numbers);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref float Row(nuint i) => ref Unsafe.Add(ref _matrix, (nuint)(uint)Unsafe.Add(ref _numbers, i) * _stride);
}
