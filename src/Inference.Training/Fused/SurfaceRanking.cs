using Inference.Recommendations;
using Inference.Recommendations.Features;
using Inference.Recommendations.Filters.Columns;
using Inference.Recommendations.Fusion;
using Inference.Recommendations.Pipeline;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Retrieval;
using Inference.Recommendations.Snapshots;
using Inference.Recommendations.Surfaces;
using Inference.Recommendations.Users;
using Inference.Towers.Bundles;
using Inference.Training.Evaluation;
using Inference.Training.Models;
using Microsoft.Extensions.Logging.Abstractions;

namespace Inference.Training.Fused;

/// <summary>
/// A surface over a loaded bundle as the judge asks it: by the pipeline that serves. The history is sent as the session's items, latest last; behind what the retrievers bring comes what fills a slate up, by
/// popularity. The clock stands still, so that nobody is late. Slate rules and the ranking model are left out: retrieval is judged.
/// </summary>
public sealed class SurfaceRanking : RankingModel
{
    private readonly Snapshot _snapshot;
    private readonly EvaluationInputs _inputs;
    private readonly Surface _surface;
    private readonly RecommendationPipeline _pipeline;
    private readonly Dictionary<string, int> _itemOf;

    /// <param name="name">As reports call it.</param>
    /// <param name="loaded">The bundle; stays the caller's to dispose.</param>
    /// <param name="surface">The surface.</param>
    /// <param name="inputs">The data that it is judged on.</param>
    public SurfaceRanking(string name, LoadedBundle loaded, Surface surface, EvaluationInputs inputs)
    {
        (Name, _snapshot, _inputs, _surface) = (name, loaded.Snapshot, inputs, surface with { Ranks = false, Slate = SlateRules.None with { CoverageAttribute = surface.Slate.CoverageAttribute } });
        var patient = new PipelineOptions { TowerBudget = TimeSpan.FromSeconds(10) };
        _pipeline = new RecommendationPipeline(new Nobody(), null, new UserKeyRing("evaluation"u8), patient, RecommendationMetrics.Unobserved, new StandingTime(), NullLoggerFactory.Instance);
        ContentPreparation.Run(_snapshot, [_surface], TimeProvider.System, CancellationToken.None);
        _itemOf = inputs.Split.Items.Ids.Select((id, item) => (id, item)).ToDictionary(pair => pair.id, pair => pair.item, StringComparer.Ordinal);
    }

    public override string Name { get; }

    public override bool ScoresColdItems => true;

    /// <summary>The kinds of retrievers that a bundle can answer by, each of which is a surface of its own.</summary>
    /// <param name="snapshot">The bundle.</param>
    /// <param name="quota">Of each.</param>
    public static IReadOnlyList<SurfaceRetriever> SinglesOf(Snapshot snapshot, int quota)
    {
        var names = new List<string> { Sources.Towers, Sources.RecentItems };
        FusionModel? model = snapshot.Fusion?.Model;
        foreach (string kind in (string[])[Sources.Neighbours, Sources.Factors, Sources.Context])
        {
            if (model?.Sources.Any(source => source.Kind == kind) == true)
                names.Add(kind);
        }

        if (model?.Sources.Any(source => source.Name == Sources.Content) == true || snapshot.Items.Filters.Attributes.KindsOf(ContentRetriever.DefaultAttribute) != AttributeKinds.None)
            names.Add(Sources.Content);
        if (snapshot.Profiles is not null || model?.Clusters is not null)
            names.Add(Sources.ClusterProfile);
        names.Add(Sources.Popularity);
        return [.. names.Select(name => new SurfaceRetriever(name, 1, TimeSpan.FromSeconds(1), quota))];
    }

    public override void Score(in RankingInput user, Span<double> scores)
    {
        scores.Fill(-1);
        var query = new RecommendQuery
        {
            Surface = _surface,
            RecentItemIds = [.. user.History.ToArray().Select(item => _inputs.Split.Items.Ids[item])],
            Context = user.User < 0 ? FeatureSet.None : _inputs.Features.UserFeatures(_inputs.Contexts.UserIds[user.User]),
            Limit = _snapshot.Items.Count,
            IncludeSeen = true,
        };
        RecommendReply reply = _pipeline.RecommendAsync(_snapshot, query, CancellationToken.None).AsTask().GetAwaiter().GetResult();
        for (int i = 0; i < reply.Items.Count; i++)
        {
            if (_itemOf.TryGetValue(reply.Items[i].ItemId, out int item) && item < scores.Length)
                scores[item] = reply.Items.Count - i;
        }
    }

    /// <summary>Knows no user: what is known comes with the request.</summary>
    private sealed class Nobody : IUserStates
    {
        public ValueTask<UserLookup> FindAsync(UserIdentity user, CancellationToken cancellationToken) => new(new UserLookup(null));

        public UserState? Held(UserIdentity user) => null;
    }

    /// <summary>A clock that stands still.</summary>
    private sealed class StandingTime : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch;

        public override long GetTimestamp() => 1;
    }
}
