using Inference.Recommendations.Fusion;
using Inference.Vectors;

namespace Inference.Recommendations.Retrieval;

/// <summary>The memory of one retriever in one request. Grows to what it needs and is used again.</summary>
internal sealed class RetrieverScratch
{
    private float[] _vectors = [];
    private float[] _scores = [];
    private float[] _sums = [];
    private Neighbor[] _found = [];
    private ulong[] _keys = [];
    private int[] _rows = [];
    private SharedValues? _shared;

    /// <summary>Kept by a retriever that runs a fused model until the request ends.</summary>
    public FusionScratch? Fused { get; set; }

    /// <summary>What the reply should say of an answer that is there, but not whole; null for nothing.</summary>
    public string? Warning { get; set; }

    /// <summary>How many vectors of the history there are.</summary>
    public int VectorCount { get; set; }

    /// <summary>Rows that are there once.</summary>
    public RowPlaces Places { get; } = new();

    /// <summary>What the history shares its values by.</summary>
    public SharedValues Shared => _shared ??= new SharedValues();

    public Memory<float> Vectors(int length) => Grown(ref _vectors, length);

    public Span<float> Scores(int length) => Grown(ref _scores, length).Span;

    public Span<float> Sums(int length) => Grown(ref _sums, length).Span;

    public Memory<Neighbor> Found(int length) => Grown(ref _found, length);

    public Span<ulong> Keys(int length) => Grown(ref _keys, length).Span;

    public Span<int> Rows(int length) => Grown(ref _rows, length).Span;

    private static Memory<T> Grown<T>(ref T[] memory, int length)
    {
        if (memory.Length < length)
            memory = new T[length + (length / 2)];
        return memory.AsMemory(0, length);
    }
}
