using System.Numerics;
using Inference.Towers.Encoders;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Inference.Towers.Runtime;

/// <summary>What a batch of a tower looks like: its inputs, its output, and the sizes that it takes.</summary>
internal sealed class TowerShape
{
    /// <summary>Up to here every size has its own buffers; above, sizes are rounded up.</summary>
    private const int ExactSizes = 8;

    public required IReadOnlyList<TensorInput> Inputs { get; init; }

    /// <summary>Name of the output that is the embedding.</summary>
    public required string Output { get; init; }

    /// <summary>float32 or float16.</summary>
    public required TensorElementType OutputType { get; init; }

    /// <summary>Components per embedding.</summary>
    public required int Dimension { get; init; }

    /// <summary>Numbers per row of the output; the wanted ones are <see cref="Dimension"/> of them from <see cref="OutputColumn"/> on.</summary>
    public required int OutputWidth { get; init; }

    /// <summary>Where the wanted numbers of a row begin.</summary>
    public int OutputColumn { get; init; }

    /// <summary>Whether the output is [batch], without a second axis.</summary>
    public bool OutputIsFlat { get; init; }

    /// <summary>Dimensions of the output of a batch.</summary>
    public long[] OutputShapeOf(int rows) => OutputIsFlat ? [rows] : [rows, OutputWidth];

    /// <summary>Null for a tower that reads no history.</summary>
    public required HistoryLayout? History { get; init; }

    /// <summary>Most rows of one run.</summary>
    public required int MaxBatch { get; init; }

    /// <summary>The one batch size that the graph takes; null when it takes any.</summary>
    public required int? FixedBatch { get; init; }

    /// <summary>Whether sizes are powers of two, so that there are few: a device records a run of each.</summary>
    public bool HasFewSizes { get; init; }

    /// <summary>How many rows a run gets for so many wanted ones; the surplus is padding.</summary>
    public int RowsFor(int wanted) => FixedBatch ?? (HasFewSizes ? PowerOfTwo(wanted, MaxBatch) : RoundUp(wanted, MaxBatch));

    /// <summary>How many history columns a run gets for a longest history; at least one, for an empty history still is a row.</summary>
    public int ColumnsFor(int longest) => History is null ? 1 : History.FixedLength ?? (HasFewSizes ? PowerOfTwo(Math.Max(longest, 1), History.MaxLength) : RoundUp(Math.Max(longest, 1), History.MaxLength));

    /// <summary>
    /// The next size of which there are few: every one up to 8, then four per doubling. So the buffers and what the runtime caches per shape stay bounded, and padding
    /// adds at most a quarter.
    /// </summary>
    internal static int RoundUp(int size, int most)
    {
        if (size <= ExactSizes)
            return Math.Min(size, most);
        int step = 1 << (int.Log2(size - 1) - 2);
        return Math.Min((size + step - 1) / step * step, most);
    }

    /// <summary>All sizes, where there are few.</summary>
    public IEnumerable<(int Rows, int History)> Sizes =>
        from rows in Powers(FixedBatch is null ? MaxBatch : 1)
        from columns in Powers(History is { FixedLength: null } ? History.MaxLength : 1)
        select (rows, columns);

    private static IEnumerable<int> Powers(int most)
    {
        for (int size = 1; size < most; size *= 2)
            yield return size;
        yield return most;
    }

    private static int PowerOfTwo(int size, int most) => Math.Min((int)BitOperations.RoundUpToPowerOf2((uint)size), most);
}
