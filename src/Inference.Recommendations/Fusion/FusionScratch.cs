using System.Numerics.Tensors;
using Inference.Vectors;

namespace Inference.Recommendations.Fusion;

/// <summary>What became of a source in one run.</summary>
internal enum SourceOutcome
{
    /// <summary>It has no weight for this user, or the request leaves it out.</summary>
    Unused = 0,

    /// <summary>It knows nothing of this user.</summary>
    Silent,

    /// <summary>It is part of the scores.</summary>
    Scored,

    /// <summary>No time was left for it.</summary>
    Late,

    /// <summary>It failed.</summary>
    Failed,
}

/// <summary>The memory of one run of a fused model. One owner at a time; grows to what the model needs and is used again.</summary>
internal sealed class FusionScratch
{
    private readonly float[][] _parts;
    private int[] _latest = new int[64];
    private int[] _passed = [];
    private float[] _passedStrengths = [];
    private int _passedCount;
    private int[] _stamps = [];
    private int _stamp;
    private float[] _fused = [];
    private float[] _factor = [];
    private double[] _doubles = [];
    private ulong[] _keys = [];
    private Neighbor[] _found = [];
    private float[] _ofNewRows = [];
    private float[] _clusterWeights = [];
    private ClusterPosterior? _weighed;
    private bool _clustersSpoke;
    private NearestUsers? _nearestUsers;
    private UserNeighbourSource? _searched;
    private int _placeCount;

    public FusionScratch(int sources)
    {
        _parts = new float[sources][];
        Array.Fill(_parts, []);
        Outcomes = new SourceOutcome[sources];
        Weights = new float[sources];
        Factors = new float[sources];
        Means = new float[sources];
        Ticks = new long[sources];
        NewFactors = new float[sources];
        NewMeans = new float[sources];
        NewLevels = new float[sources];
    }

    /// <summary>By source.</summary>
    public SourceOutcome[] Outcomes { get; }

    /// <summary>By source: its weight for the number of known events.</summary>
    public float[] Weights { get; }

    /// <summary>By source: what its part is multiplied with, weight over deviation.</summary>
    public float[] Factors { get; }

    /// <summary>By source: what was taken off its scores.</summary>
    public float[] Means { get; }

    /// <summary>By source: how long it took, in ticks of the clock; 0 where nobody looked.</summary>
    public long[] Ticks { get; }

    /// <summary>Rows from this one on are scored by the weights of new items; <see cref="int.MaxValue"/> where none are.</summary>
    public int NewFrom { get; set; }

    /// <summary>What all sources add to a new item together, beside what they say of it.</summary>
    public float NewLevel { get; set; }

    /// <summary>The weight of the towers that speak of new items; 0 where those are scored as all others, or by no tower.</summary>
    public float NewTowers { get; set; }

    /// <summary>By source: what its part of a new item is multiplied with; 0 where it says nothing of new items.</summary>
    public float[] NewFactors { get; }

    /// <summary>By source: what is taken off its part of a new item, beside <see cref="Means"/>.</summary>
    public float[] NewMeans { get; }

    /// <summary>By source: its share of <see cref="NewLevel"/>.</summary>
    public float[] NewLevels { get; }

    /// <summary>Distinct rows of the history, the newest first.</summary>
    public ReadOnlySpan<int> Latest => _latest.AsSpan(0, LatestCount);

    /// <summary>Number of known events.</summary>
    public int LatestCount { get; private set; }

    /// <summary>Distinct rows that were passed over and never touched, the newest first.</summary>
    public ReadOnlySpan<int> Passed => _passed.AsSpan(0, _passedCount);

    /// <summary>How much each of them counts.</summary>
    public ReadOnlySpan<float> PassedStrengths => _passedStrengths.AsSpan(0, _passedCount);

    /// <summary>What a large catalogue is cut down to.</summary>
    public CandidateRows Candidates { get; } = new();

    /// <summary>What may be shown, for sources that search.</summary>
    public RowFilter Filter { get; private set; }

    /// <summary>The weights of the clusters that were asked for last.</summary>
    public ReadOnlySpan<float> ClusterWeights => _clusterWeights.AsSpan(0, _weighed!.Count);

    /// <summary>How clusters were weighed; null where none was in this run.</summary>
    public ClusterPosterior? Weighed => _weighed;

    /// <summary>The heaviest of them; −1 where none was weighed in this run.</summary>
    public int HeaviestCluster => _weighed is null ? -1 : ClusterWeights.IndexOf(TensorPrimitives.Max<float>(ClusterWeights));

    /// <summary>What the last source that failed said.</summary>
    public Exception? Failure { get; set; }

    /// <summary>The fused scores by place.</summary>
    public Span<float> Fused => _fused.AsSpan(0, _placeCount);

    /// <summary>Whether places are rows; otherwise <see cref="CandidateRows.Rows"/> says which they are.</summary>
    public bool IsWhole { get; private set; }

    /// <summary>Memory that grows with the catalogue, in bytes.</summary>
    public long Bytes
    {
        get
        {
            long numbers = _fused.Length + _stamps.Length;
            foreach (float[] part in _parts)
                numbers += part.Length;
            return numbers * sizeof(float);
        }
    }

    /// <summary>Begins a run.</summary>
    public void Begin(ReadOnlySpan<int> history, int rowCount, RowFilter filter)
    {
        _weighed = null;
        _searched = null;
        Failure = null;
        NewFrom = int.MaxValue;
        NewTowers = 0f;
        Filter = filter;
        Array.Clear(Outcomes);
        Array.Clear(Ticks);
        if (_stamps.Length < rowCount)
            (_stamps, _stamp) = (new int[rowCount], 0);
        if (++_stamp == int.MaxValue)
        {
            Array.Clear(_stamps);
            _stamp = 1;
        }

        if (_latest.Length < history.Length)
            _latest = new int[history.Length * 2];
        LatestCount = 0;
        for (int i = history.Length - 1; i >= 0; i--)
        {
            int row = history[i];
            if ((uint)row >= (uint)rowCount || _stamps[row] == _stamp)
                continue;
            _stamps[row] = _stamp;
            _latest[LatestCount++] = row;
        }

        _passedCount = 0;
    }

    /// <summary>Takes in what was passed over, after <see cref="Begin"/>.</summary>
    public void Pass(ReadOnlySpan<int> passed, ReadOnlySpan<float> strengths, int rowCount)
    {
        if (_passed.Length < passed.Length)
            (_passed, _passedStrengths) = (new int[passed.Length * 2], new float[passed.Length * 2]);
        for (int i = 0; i < passed.Length; i++)
        {
            int row = passed[i];
            if ((uint)row >= (uint)rowCount || _stamps[row] == _stamp)
                continue;
            _stamps[row] = _stamp;
            _passed[_passedCount] = row;
            _passedStrengths[_passedCount++] = strengths.IsEmpty ? 1f : strengths[i];
        }
    }

    /// <summary>Makes room for so many scores of each source, and clears the fused ones.</summary>
    public void Size(int places, bool isWhole)
    {
        (_placeCount, IsWhole) = (places, isWhole);
        if (_fused.Length < places)
            _fused = new float[Room(places)];
        Fused.Clear();
    }

    /// <summary>The scores of one source by place.</summary>
    public Span<float> PartsOf(int source)
    {
        if (_parts[source].Length < _placeCount)
            _parts[source] = new float[Room(_placeCount)];
        return _parts[source].AsSpan(0, _placeCount);
    }

    /// <summary>What a source adds to the score of a place; 0 where it said nothing.</summary>
    public float PartOf(int source, int place)
    {
        if (Outcomes[source] != SourceOutcome.Scored)
            return 0f;
        float part = _parts[source][place];
        if ((IsWhole ? place : Candidates.Rows[place]) < NewFrom)
            return Factors[source] * part;
        return NewFactors[source] == 0f ? 0f : NewLevels[source] + (NewFactors[source] * (part - NewMeans[source]));
    }

    /// <summary>Weighs clusters, once per run.</summary>
    /// <returns>Whether anything spoke.</returns>
    public bool Weigh(ClusterPosterior posterior, in FusionInput input)
    {
        if (ReferenceEquals(_weighed, posterior))
            return _clustersSpoke;
        if (_clusterWeights.Length < posterior.Count)
            _clusterWeights = new float[posterior.Count];
        _clustersSpoke = posterior.Weigh(input.Features, input.RememberedContext, Latest, Passed, PassedStrengths, _clusterWeights.AsSpan(0, posterior.Count));
        _weighed = posterior;
        return _clustersSpoke;
    }

    /// <summary>The users nearest to the one who asks, for the source that asks for them.</summary>
    /// <param name="source">Who searches.</param>
    /// <param name="isKnown">Whether it has searched in this run already; otherwise it is to do so.</param>
    public NearestUsers NearestUsersOf(UserNeighbourSource source, out bool isKnown)
    {
        isKnown = ReferenceEquals(_searched, source);
        _searched = source;
        return _nearestUsers ??= new NearestUsers();
    }

    public Span<float> Factor(int length) => Grown(ref _factor, length);

    public Span<double> Doubles(int length) => Grown(ref _doubles, length);

    public Span<ulong> Keys(int length) => Grown(ref _keys, length);

    public Span<float> OfNewRows(int length) => Grown(ref _ofNewRows, length);

    public Span<Neighbor> Found(int length) => Grown(ref _found, length);

    private static Span<T> Grown<T>(ref T[] memory, int length)
    {
        if (memory.Length < length)
            memory = new T[length];
        return memory.AsSpan(0, length);
    }

    private static int Room(int places) => places + (places / 8);
}
