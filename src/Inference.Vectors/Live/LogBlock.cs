using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Inference.Vectors.Kernels;
using Inference.Vectors.Memory;

namespace Inference.Vectors.Live;

/// <summary>A run of changes, in the layout of the kernels, and the way to the next run.</summary>
/// <remarks>
/// One writer fills it, readers follow behind what the log has published. Blocks know only their successors, so that those which no generation and no search begins at
/// are collected, in whatever order these end.
/// </remarks>
internal sealed class LogBlock
{
    /// <summary>Bytes of vectors in a block, unless that is fewer than one word of rows.</summary>
    private const int TargetBytes = 256 << 10;

    private readonly int[] _rows;
    private readonly long[] _supersededBy;
    private readonly float[] _inverseNorms;
    private readonly float[] _vectors;
    private readonly int _origin;
    private LogBlock? _next;

    /// <param name="first">Position of the first change.</param>
    /// <param name="dimension">Elements of a vector.</param>
    public LogBlock(long first, int dimension)
    {
        First = first;
        Stride = VectorMatrix.RoundUp(dimension);
        Capacity = Math.Max(TargetBytes / (Stride * sizeof(float)) / ScoreBlock.Rows, 1) * ScoreBlock.Rows;
        _rows = new int[Capacity];
        _supersededBy = new long[Capacity];
        _inverseNorms = new float[Capacity];
        // Pinned, so that the alignment stays.
        int slack = (int)MemoryBlock.Alignment / sizeof(float);
        _vectors = GC.AllocateArray<float>(checked(Capacity * Stride + slack), pinned: true);
        _origin = MemoryBlock.ElementsToAlignment(_vectors);
    }

    /// <summary>Position of the first change in the log.</summary>
    public long First { get; }

    /// <summary>Changes that a block takes: a multiple of 64.</summary>
    public int Capacity { get; }

    /// <summary>Elements from vector to vector.</summary>
    public int Stride { get; }

    /// <summary>The block that begins where this one is full; null until there is one.</summary>
    public LogBlock? Next
    {
        get => Volatile.Read(ref _next);
        set => Volatile.Write(ref _next, value);
    }

    /// <summary>The row that a change is about.</summary>
    public int Row(int index)
    {
        int row = _rows[index];
        return row < 0 ? ~row : row;
    }

    /// <summary>Whether a change removes its row.</summary>
    public bool IsDeletion(int index) => _rows[index] < 0;

    /// <summary>Whether no later change of the same row lies before a position.</summary>
    public bool IsLatestBefore(int index, long position) => Volatile.Read(ref _supersededBy[index]) >= position;

    /// <summary>The padded vectors from an index on.</summary>
    public ref float Vectors(int index) => ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_vectors), _origin + (nint)index * Stride);

    /// <summary>The factors of cosine from an index on.</summary>
    public ref float InverseNorms(int index) => ref _inverseNorms[index];

    /// <summary>The vector of a change.</summary>
    public ReadOnlyMemory<float> Vector(int index, int dimension) => _vectors.AsMemory(_origin + index * Stride, dimension);

    /// <summary>Writes a change; the log publishes it.</summary>
    /// <param name="index">The first free place.</param>
    /// <param name="row">Which row changes.</param>
    /// <param name="vector">Its vector; empty to remove the row.</param>
    /// <param name="inverseNorm">For cosine, see <see cref="Exact.InverseNorms"/>.</param>
    public void Write(int index, int row, ReadOnlySpan<float> vector, float inverseNorm)
    {
        _rows[index] = vector.IsEmpty ? ~row : row;
        _supersededBy[index] = long.MaxValue;
        _inverseNorms[index] = inverseNorm;
        vector.CopyTo(_vectors.AsSpan(_origin + index * Stride, Stride));
    }

    /// <summary>Notes which change made this one old. Before that one is published, so that no search sees both.</summary>
    public void Supersede(int index, long by) => Volatile.Write(ref _supersededBy[index], by);
}
