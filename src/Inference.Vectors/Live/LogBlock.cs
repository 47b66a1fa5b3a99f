using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Inference.Vectors.Exact;
using Inference.Vectors.Kernels;
using Inference.Vectors.Kernels.Bytes;
using Inference.Vectors.Memory;

namespace Inference.Vectors.Live;

/// <summary>A run of changes, in the layout of the kernels, and the way to the next run.</summary>
/// <remarks>
/// Vectors are there twice: in fp32, and as 8-bit codes with the bounds of their errors, which are those of <see cref="ScanCodes"/> with nothing subtracted. The bounds of a
/// stretch grow with it; a reader that sees those of a later change sees larger ones, which hold as well.
/// /// One writer fills it, readers follow behind what the log has published. Blocks know only their successors, so that those which no generation and no search begins at
/// are collected, in whatever order these end.
/// </remarks>
internal sealed class LogBlock
{
    /// <summary>Bytes of vectors in a block, unless that is fewer than one word of rows.</summary>
    private const int TargetBytes = 256 << 10;

    private readonly int[] _rows;
    private readonly long[] _supersededBy;
    private readonly float[] _inverseNorms;
    private readonly float[] _steps;
    private readonly float[] _squares;
    private readonly float[] _norms;
    private readonly float[] _ratios;
    private readonly Metric _metric;

    /// <summary>Made with the first change: most logs never get one, and pinned arrays with each snapshot bring the next full collection nearer.</summary>
    private float[] _vectors = [];
    private byte[] _codes = [];
    private int _origin;
    private int _codeOrigin;
    private LogBlock? _next;

    /// <param name="first">Position of the first change.</param>
    /// <param name="dimension">Elements of a vector.</param>
    /// <param name="metric">Decides what is coded.</param>
    public LogBlock(long first, int dimension, Metric metric)
    {
        First = first;
        _metric = metric;
        Groups = (dimension + ByteKernels.GroupDimensions - 1) / ByteKernels.GroupDimensions;
        Stride = VectorMatrix.RoundUp(dimension);
        Capacity = Math.Max(TargetBytes / (Stride * sizeof(float)) / ScoreBlock.Rows, 1) * ScoreBlock.Rows;
        _rows = new int[Capacity];
        _supersededBy = new long[Capacity];
        _inverseNorms = new float[Capacity];
        int stretches = (Capacity + ScanCodes.StretchRows - 1) / ScanCodes.StretchRows;
        _steps = new float[Capacity];
        _squares = metric == Metric.L2 ? new float[Capacity] : [];
        _norms = new float[stretches];
        _ratios = new float[stretches];
    }

    /// <summary>Position of the first change in the log.</summary>
    public long First { get; }

    /// <summary>Changes that a block takes: a multiple of 64.</summary>
    public int Capacity { get; }

    /// <summary>Elements from vector to vector.</summary>
    public int Stride { get; }

    /// <summary>Groups of four dimensions of a code.</summary>
    public int Groups { get; }

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

    /// <summary>The padded vectors.</summary>
    public ref float Vectors => ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_vectors), _origin);

    /// <summary>The factors of cosine.</summary>
    public ReadOnlySpan<float> InverseNorms => _inverseNorms;

    /// <summary>The codes from a multiple of 16 on.</summary>
    public ref byte Codes(int index) =>
        ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_codes), _codeOrigin + (nint)index * Groups * ByteKernels.GroupDimensions);

    /// <summary>What selects among the codes of a stretch of <see cref="ScanCodes.StretchRows"/>, but for what depends on the threshold.</summary>
    /// <param name="stretch">Its number in the block.</param>
    /// <param name="query">The query; its high part is what the sums are of.</param>
    public ScanSelection Selection(int stretch, ScanQuery query)
    {
        int first = stretch * ScanCodes.StretchRows;
        return new ScanSelection
        {
            Steps = ref _steps[first],
            Squares = ref _squares.Length > 0 ? ref _squares[first] : ref Unsafe.NullRef<float>(),
            Offsets = query.Offsets,
            Radix = query.Radix,
            Scale = query.CoarseBounds.Scale,
            Spread = query.CoarseBounds.Spread(Volatile.Read(ref _ratios[stretch])),
        };
    }

    /// <summary>The longest vector of a stretch or more; infinite where fp32 cannot be trusted.</summary>
    public float Norm(int stretch) => Volatile.Read(ref _norms[stretch]);

    /// <summary>The vector of a change.</summary>
    public ReadOnlyMemory<float> Vector(int index, int dimension) => _vectors.AsMemory(_origin + index * Stride, dimension);

    /// <summary>Writes a change; the log publishes it.</summary>
    /// <param name="index">The first free place.</param>
    /// <param name="row">Which row changes.</param>
    /// <param name="vector">Its vector; empty to remove the row.</param>
    /// <param name="inverseNorm">For cosine, see <see cref="Exact.InverseNorms"/>.</param>
    /// <param name="scratch">As many elements as a vector has.</param>
    public void Write(int index, int row, ReadOnlySpan<float> vector, float inverseNorm, Span<double> scratch)
    {
        if (_vectors.Length == 0)
            MakeRoom();
        _rows[index] = vector.IsEmpty ? ~row : row;
        _supersededBy[index] = long.MaxValue;
        _inverseNorms[index] = inverseNorm;
        vector.CopyTo(_vectors.AsSpan(_origin + index * Stride, Stride));
        if (!vector.IsEmpty)
            Encode(index, vector, inverseNorm, scratch);
    }

    /// <summary>Notes which change made this one old. Before that one is published, so that no search sees both.</summary>
    public void Supersede(int index, long by) => Volatile.Write(ref _supersededBy[index], by);

    /// <summary>Before the first change is published, so that no reader meets a half of it.</summary>
    private void MakeRoom()
    {
        // Pinned, so that the alignment stays.
        int slack = (int)MemoryBlock.Alignment / sizeof(float);
        _codes = GC.AllocateArray<byte>(checked(Capacity * Groups * ByteKernels.GroupDimensions + (int)MemoryBlock.Alignment), pinned: true);
        _codeOrigin = MemoryBlock.ElementsToAlignment(MemoryMarshal.Cast<byte, float>(_codes)) * sizeof(float);
        _vectors = GC.AllocateArray<float>(checked(Capacity * Stride + slack), pinned: true);
        _origin = MemoryBlock.ElementsToAlignment(_vectors);
    }

    private void Encode(int index, ReadOnlySpan<float> vector, float inverseNorm, Span<double> y)
    {
        double inverse = _metric == Metric.Cosine ? inverseNorm : 1, largest = 0, squared = 0;
        for (int i = 0; i < y.Length; i++)
        {
            y[i] = vector[i] * inverse;
            largest = Math.Max(largest, Math.Abs(y[i]));
            squared += y[i] * y[i];
        }
        float step = RowCode.Step(largest);
        ref byte start = ref Unsafe.Add(ref Codes(index & -ByteKernels.BlockRows), index % ByteKernels.BlockRows * ByteKernels.GroupDimensions);
        double ratio = RowCode.Write(ref start, Groups, y, step);
        int stretch = index / ScanCodes.StretchRows;
        _steps[index] = step;
        if (_squares.Length > 0)
            _squares[index] = (float)squared;
        Volatile.Write(ref _ratios[stretch], Math.Max(_ratios[stretch], RowCode.Up(ratio)));
        Volatile.Write(ref _norms[stretch], Math.Max(_norms[stretch], RowCode.Up(RowCode.Norm(_metric, squared, inverse))));
    }
}
