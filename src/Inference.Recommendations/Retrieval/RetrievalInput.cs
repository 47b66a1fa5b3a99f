using Inference.Recommendations.Features;
using Inference.Recommendations.Fusion;
using Inference.Recommendations.Pipeline;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Recall;
using Inference.Recommendations.Snapshots;

namespace Inference.Recommendations.Retrieval;

/// <summary>What the retrievers of one request go by. Belongs to one request at a time, and is used again.</summary>
internal sealed class RetrievalInput
{
    private readonly int[] _passed = new int[PassedItems.Most];
    private readonly float[] _strengths = new float[PassedItems.Most];
    private readonly int[] _latest = new int[MostLatest];
    private int _passedCount;
    private int _latestCount;
    private FusedScorer? _scorer;
    private FusionScratch? _shared;

    /// <summary>Rows of <see cref="Latest"/> at most.</summary>
    public const int MostLatest = 16;

    public Snapshot Snapshot { get; private set; } = null!;

    public RecommendQuery Query { get; private set; } = null!;

    public FeatureSet Features { get; private set; }

    /// <summary>Rows of the bundle that the user touched, latest last.</summary>
    public ReadOnlyMemory<int> Known { get; private set; }

    /// <summary>Distinct rows that the user touched, the newest first; also those that came since the bundle.</summary>
    public ReadOnlySpan<int> Latest => _latest.AsSpan(0, _latestCount);

    /// <summary>What may be shown.</summary>
    public Eligibility Eligible { get; private set; } = null!;

    /// <summary>Searches the index of <see cref="Snapshot"/>.</summary>
    public IndexSearcher Searcher { get; private set; }

    /// <summary>When retrievers are late: set when the first of them begins, and again once the tower was waited for.</summary>
    public FusionClock Clock { get; set; }

    /// <summary>The timestamp by which a retriever that can do with less should begin nothing more; set for each in turn.</summary>
    public long EnoughAt { get; set; } = long.MaxValue;

    /// <summary>How long the answer of a remote retriever is of use; set for each in turn.</summary>
    public TimeSpan Patience { get; set; }

    public Budget Budget { get; private set; }

    /// <summary>Where searches on a device say what became of them.</summary>
    public Degradations Degraded { get; private set; } = null!;

    /// <summary>What context said of the clusters earlier; empty for nothing.</summary>
    public ReadOnlyMemory<float> Remembered { get; set; }

    /// <summary>What the user tower says of features and history; empty where it was not asked, or did not answer.</summary>
    public ReadOnlyMemory<float> Own { get; set; }

    /// <summary>What the user tower says of the features alone.</summary>
    public ReadOnlyMemory<float> Context { get; set; }

    /// <summary>What the user is searched for with: <see cref="Own"/>, or <see cref="Context"/> where no event is known.</summary>
    public ReadOnlyMemory<float> Embedding => Own.IsEmpty && Known.IsEmpty ? Context : Own;

    public void Begin(
        Snapshot snapshot, IndexSearches searches, FusedScorer? scorer, RecommendQuery query, KnownUser user, FeatureSet features, History history, Eligibility eligible, Budget budget, Degradations degraded,
        DateTimeOffset now)
    {
        (Snapshot, _scorer, Query, Features, Known) = (snapshot, scorer, query, features, history.Known);
        (Eligible, Clock, Budget, Degraded) = (eligible, default, budget, degraded);
        Searcher = new IndexSearcher(searches, snapshot);
        (Remembered, Own, Context) = (default, default, default);
        _passedCount = scorer is null ? 0 : PassedItems.Find(user.State, snapshot.Items, now, scorer.Options.SkipHalfLife, _passed, _strengths);
        FindLatest(history.Rows.Span);
    }

    /// <summary>Lets go of what belongs to the request.</summary>
    public void End()
    {
        if (_shared is not null)
            _scorer!.Return(_shared);
        (_shared, _scorer, Snapshot, Query, Eligible, Degraded) = (null, null, null!, null!, null!, null!);
        (Features, Known, Remembered, Own, Context, Searcher) = (default, default, default, default, default, default);
    }

    /// <summary>Memory that the sources of the fused model use one after another.</summary>
    public FusionScratch SharedScratch() => _shared ??= _scorer!.Rent();

    /// <summary>The same for the sources of a fused model.</summary>
    public FusionInput ToFusion() => new()
    {
        Features = Features,
        Searcher = Searcher,
        RememberedContext = Remembered.Span,
        History = Known.Span,
        Passed = _passed.AsSpan(0, _passedCount),
        PassedStrengths = _strengths.AsSpan(0, _passedCount),
        Embedding = Embedding.Span,
        ContextEmbedding = Context.Span,
        Without = Retrievers.All & ~Query.Retrievers,
    };

    private void FindLatest(ReadOnlySpan<int> rows)
    {
        _latestCount = 0;
        for (int i = rows.Length - 1; i >= 0 && _latestCount < MostLatest; i--)
        {
            if (!Latest.Contains(rows[i]))
                _latest[_latestCount++] = rows[i];
        }
    }
}
