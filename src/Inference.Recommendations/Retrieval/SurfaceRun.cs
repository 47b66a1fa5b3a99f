using Inference.Recommendations.Fusion;
using Inference.Recommendations.Queries;
using Inference.Vectors;

namespace Inference.Recommendations.Retrieval;

/// <summary>The memory of one request for a surface. One owner at a time; grows to what the surface needs and is used again.</summary>
internal sealed class SurfaceRun
{
    private readonly SurfacePlan _plan;
    private readonly Neighbor[][] _found;
    private readonly float[][] _scores;
    private readonly int[][] _ranks;
    private readonly double[][] _parts;
    private double[] _sums = [];
    private ulong[] _keys = [];

    public SurfaceRun(SurfacePlan plan)
    {
        int count = plan.Retrievers.Length;
        _plan = plan;
        _found = [.. plan.Settings.Select(settings => new Neighbor[settings.Quota])];
        (_scores, _ranks, _parts) = (new float[count][], new int[count][], new double[count][]);
        Array.Fill(_scores, []);
        Array.Fill(_ranks, []);
        Array.Fill(_parts, []);
        Scratch = [.. plan.Retrievers.Select(_ => new RetrieverScratch())];
        Asked = plan.HasRemote ? new Task<int>?[count] : [];
        (Counts, Ticks, Outcomes, IsIn, Failures) = (new int[count], new long[count], new RetrieverOutcome[count], new bool[count], new Exception?[count]);
    }

    public RetrievalInput Input { get; } = new();

    /// <summary>By retriever.</summary>
    public RetrieverScratch[] Scratch { get; }

    /// <summary>By retriever: how many it found.</summary>
    public int[] Counts { get; }

    /// <summary>By retriever: how long it took, in ticks of the clock.</summary>
    public long[] Ticks { get; }

    /// <summary>By retriever.</summary>
    public RetrieverOutcome[] Outcomes { get; }

    /// <summary>By retriever: whether the request lets it answer.</summary>
    public bool[] IsIn { get; }

    /// <summary>By retriever: what a remote one will have found; null where none is asked. Empty where none is remote.</summary>
    public Task<int>?[] Asked { get; }

    /// <summary>By retriever: why it failed.</summary>
    public Exception?[] Failures { get; }

    /// <summary>The candidates, in the order in which they were found first.</summary>
    public RowPlaces Candidates { get; } = new();

    /// <summary>Where a retriever writes what it finds.</summary>
    public Memory<Neighbor> PlacesOf(int retriever) => _found[retriever];

    /// <summary>What a retriever found, best first.</summary>
    public ReadOnlySpan<Neighbor> FoundOf(int retriever) => _found[retriever].AsSpan(0, Counts[retriever]);

    /// <summary>By candidate: what a retriever scored it with; NaN for nothing.</summary>
    public Span<float> ScoresOf(int retriever) => Grown(ref _scores[retriever]);

    /// <summary>By candidate: its rank among what a retriever found, from 1; 0 for none.</summary>
    public Span<int> RanksOf(int retriever) => Grown(ref _ranks[retriever]);

    /// <summary>By candidate: what a retriever adds to its score.</summary>
    public Span<double> PartsOf(int retriever) => Grown(ref _parts[retriever]);

    /// <summary>By candidate: its score.</summary>
    public Span<double> Sums => Grown(ref _sums);

    public Span<ulong> Keys(int length)
    {
        if (_keys.Length < length)
            _keys = new ulong[length];
        return _keys.AsSpan(0, length);
    }

    public void Begin()
    {
        Array.Clear(Counts);
        Array.Clear(Ticks);
        Array.Clear(Outcomes);
        Array.Clear(Failures);
    }

    /// <summary>Lets go of what belongs to the request.</summary>
    public void End()
    {
        Input.End();
        foreach (RetrieverScratch scratch in Scratch)
        {
            if (scratch.Fused is { } fused)
                _plan.Scorer!.Return(fused);
            scratch.Fused = null;
            scratch.Warning = null;
        }

        Array.Clear(Failures);
    }

    private Span<T> Grown<T>(ref T[] memory)
    {
        if (memory.Length < Candidates.Count)
            memory = new T[Candidates.Count + (Candidates.Count / 2) + 16];
        return memory.AsSpan(0, Candidates.Count);
    }
}
