using Inference.Recommendations;
using Inference.Recommendations.Features;
using Inference.Recommendations.Pipeline;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Snapshots;
using Inference.Recommendations.Surfaces;
using Inference.Vectors;
using Inference.Vectors.Live;

namespace UnitTests.Recommendations.MakeUp;

/// <summary>
/// Thirty items that score from 30 down: item i has the brand i mod 3, the tags "odd" or "even" and "third" (every third), the price i, and no brand from 27 on. The first six have 80 % of all interactions, so the first four are popular.
/// Items 2j and 2j + 1 are alike.
/// </summary>
internal sealed class MadeUpShop
{
    public const int Items = 30;

    public MadeUpShop()
    {
        var vectors = new float[Items * 16];
        for (int i = 0; i < Items; i++)
            vectors[(i * 16) + (i / 2)] = 1f;
        var contents = new ItemContents();
        for (int i = 0; i < Items; i++)
            contents.Add(ItemContent.Empty with { Attributes = AttributesOf(i) });
        var items = new ItemCatalogue([.. Enumerable.Range(0, Items).Select(i => $"i{i}")], contents);
        var index = new ExactIndex(VectorMatrix.Create(vectors, 16), Metric.InnerProduct);
        var popularity = new Popularity([.. Enumerable.Range(0, Items).Select(i => i < 6 ? 0.8f : 0.8f * 6 / 4 / 24)]);
        Snapshot = new Snapshot(new ModelIdentity("shop", "1", "space", 16, Metric.InnerProduct), items, new LiveIndex(index), new ScriptedTower(_ => default), null, popularity, null);
    }

    public Snapshot Snapshot { get; }

    public SlateMakeUp MakeUp { get; } = new(RecommendationMetrics.Unobserved);

    /// <summary>Makes a slate up of the first so many items.</summary>
    public Made Make(
        SlateRules rules, int limit = 6, int candidates = 20, IReadOnlyList<string>? excluded = null, int[]? seen = null, int[]? history = null, bool explain = true, int depth = 0, int[]? earlier = null)
    {
        var degraded = new Degradations();
        using Eligibility eligible = EligibleWithout(excluded ?? [], seen ?? [], degraded);
        using var slate = new Slate(Items) { Parts = new ScoreParts(), Earlier = earlier ?? [] };
        eligible.Deny(earlier ?? []);
        for (int i = 0; slate.Count < candidates; i++)
        {
            if (!eligible.Allows(i))
                continue;
            slate.Add(i, Items - i, Sources.Towers);
            slate.Parts.Add(i, new ScorePart(Sources.Towers, Items - i));
            eligible.Deny(i);
        }

        var request = new SlateMakeUp.Request
        {
            Snapshot = Snapshot,
            Rules = rules,
            Limit = limit,
            Depth = Math.Max(depth, limit),
            Boosted = SlateMakeUp.FindBoostedAsync(Snapshot, rules, DateTimeOffset.UnixEpoch, degraded, CancellationToken.None).AsTask().GetAwaiter().GetResult(),
            History = history ?? [],
            Seen = seen ?? [],
            ExcludedItemIds = excluded ?? [],
            AllowedItemIds = [],
            ShownBefore = earlier?.Length ?? 0,
            IsExplained = explain,
        };
        MakeUp.Apply(request, eligible, slate, degraded);
        slate.Cut(request.Depth);
        return new Made(
            [.. slate.Places.ToArray().Select(place => place.Row)], [.. slate.Places.ToArray()],
            [.. slate.Places.ToArray().Select(place => slate.Adjustments?.Of(place.Row) ?? [])], [.. slate.Places.ToArray().Select(place => slate.Parts!.Of(place.Row))], degraded.List);
    }

    private Eligibility EligibleWithout(IReadOnlyList<string> excluded, int[] seen, Degradations degraded) =>
        Eligibility.Of(Snapshot.Items, [], excluded, seen, filter: null, degraded);

    private static Dictionary<string, FeatureValue> AttributesOf(int item)
    {
        var attributes = new Dictionary<string, FeatureValue> { ["price"] = FeatureValue.Of((double)item) };
        if (item < 27)
            attributes["brand"] = FeatureValue.Of($"b{item % 3}");
        string[] tags = item % 3 == 0 ? [item % 2 == 0 ? "even" : "odd", "third"] : [item % 2 == 0 ? "even" : "odd"];
        attributes["tags"] = FeatureValue.Of(tags);
        return attributes;
    }

    /// <summary>What came of it.</summary>
    internal sealed record Made(int[] Rows, Slate.Place[] Places, IReadOnlyList<Adjustment>[] Adjustments, IReadOnlyList<ScorePart>[] Parts, IReadOnlyList<Degradation> Degraded);
}
