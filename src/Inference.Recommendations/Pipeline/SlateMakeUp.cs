using System.Collections.Concurrent;
using System.Diagnostics;
using System.Numerics.Tensors;
using Inference.Recommendations.Filters;
using Inference.Recommendations.Filters.Columns;
using Inference.Recommendations.MakeUp;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Snapshots;
using Inference.Recommendations.Surfaces;

namespace Inference.Recommendations.Pipeline;

/// <summary>
/// Makes a slate of the candidates by its rules.
/// <list type="number">
/// <item>Boosts change scores, and the order of the candidates with them.</item>
/// <item>Pinned items get their places.</item>
/// <item>The other places are chosen one by one: <see cref="GreedySlate"/>.</item>
/// <item>What is left follows in the order of scores: chance and floors of exposure take from it.</item>
/// </list>
/// Scores stay what they are after boosts, whatever place an item gets. Allocates only what the reply states. Safe for concurrent use.
/// </summary>
internal sealed class SlateMakeUp(RecommendationMetrics metrics)
{
    private readonly ConcurrentBag<MakeUpScratch> _scratch = [];

    /// <summary>What the filters of the boosts select, for <see cref="Request.Boosted"/>.</summary>
    public static ValueTask<FilterRows?[]> FindBoostedAsync(Snapshot snapshot, SlateRules rules, DateTimeOffset now, Degradations degraded, CancellationToken cancellationToken) =>
        rules.Boosts.Count == 0 ? new ValueTask<FilterRows?[]>([]) : Boosts.FindAsync(snapshot, rules.Boosts, now, degraded, cancellationToken);

    /// <summary>Arranges the candidates; afterwards the slate holds what is shown and what chance may draw from.</summary>
    /// <param name="request">What is asked. Its rules are set.</param>
    /// <param name="eligible">What may be shown and is not in the slate.</param>
    /// <param name="slate">The candidates, best first.</param>
    /// <param name="degraded">Is told of pins that are not shown, and of caps that are not kept.</param>
    public void Apply(in Request request, Eligibility eligible, Slate slate, Degradations degraded)
    {
        using Activity? span = Spans.Begin(Log.Activities, "make_up");
        SlateRules rules = request.Rules;
        span?.SetTag("recsys.make_up.candidates", slate.Count);
        if (!_scratch.TryTake(out MakeUpScratch? s))
            s = new MakeUpScratch();
        try
        {
            Snapshot snapshot = request.Snapshot;
            int dimension = rules.Diversity > 0 ? snapshot.Index.Dimension : 0, most = slate.Count + rules.Pins.Count;
            s.Reserve(most, rules.Caps.Count, most * dimension);
            s.Count = slate.Count;
            slate.Places.CopyTo(s.Places);
            for (int i = 0; i < s.Count; i++)
                s.Before[i] = i + 1;
            if (rules.Boosts.Count + rules.Pins.Count > 0)
                slate.Adjustments ??= new Adjustments();

            // :: Steps 1 and 2
            double deviation = CandidateScores.Read(s);
            if (rules.Boosts.Count > 0)
                Boosts.Add(rules.Boosts, request.Boosted, deviation, s, slate);
            CandidateScores.Scale(s);
            int places = PinnedPlaces.Set(request, eligible, s, slate, degraded);

            // :: Step 3
            Describe(snapshot, rules, dimension, s, slate.Earlier.Span, degraded);
            int relaxed = GreedySlate.Choose(s, places, dimension, rules, rules.Calibration.Strength > 0 ? PopularMix.Of(rules.Calibration, snapshot.Popularity, request.History) : default);
            if (relaxed > 0)
                degraded.Add(Components.Slate, DegradationReason.TooFewCandidates, $"{relaxed} of {places} places hold items beyond a cap: too few candidates are within the caps.");

            // :: Step 4
            Report(request, s, places, slate);
            int made = places;
            for (int i = 0; i < s.Count && made < Math.Min(request.Depth, s.Count); i++)
            {
                if (!s.Taken[i])
                    s.Chosen[made++] = i;
            }

            slate.Take(s.Places, s.Chosen.AsSpan(0, made));
        }
        finally
        {
            s.Clear();
            _scratch.Add(s);
        }
    }

    /// <summary>Reads what the rules ask of each candidate.</summary>
    private static void Describe(Snapshot snapshot, SlateRules rules, int dimension, MakeUpScratch s, ReadOnlySpan<int> earlier, Degradations degraded)
    {
        s.Popular.AsSpan(0, s.Count).Clear();
        if (rules.Calibration.Strength > 0)
        {
            Popularity popularity = snapshot.Popularity;
            for (int i = 0; i < s.Count; i++)
                s.Popular[i] = popularity.IsPopular(s.Places[i].Row) ? (byte)1 : (byte)0;
        }

        ReadOnlySpan<int> latest = earlier[Math.Max(0, earlier.Length - GreedySlate.MostArranged)..];
        s.ReserveEarlier(earlier.Length, rules.Caps.Count, latest.Length * dimension);
        if (dimension > 0)
        {
            for (int i = 0; i < s.Count; i++)
                ReadDirection(snapshot, s.Places[i].Row, s.Vectors.AsSpan(i * dimension, dimension));
            for (int i = 0; i < latest.Length; i++)
                ReadDirection(snapshot, latest[i], s.EarlierVectors.AsSpan(i * dimension, dimension));
            s.EarlierVectorCount = latest.Length;
        }

        if (rules.Caps.Count == 0)
            return;
        for (int i = 0; i < rules.Caps.Count; i++)
        {
            string attribute = rules.Caps[i].Attribute;
            if (snapshot.Items.Filters.Attributes.KindsOf(attribute) == AttributeKinds.None)
                degraded.Add(Components.Slate, DegradationReason.Unavailable, $"No item of this version has the attribute '{attribute}', so its cap changes nothing.");
        }

        CapCounts.Read(s, snapshot.Items, rules.Caps, earlier);
    }

    /// <summary>Reads the vector of a row, brought to length 1; of length 0 where it has none.</summary>
    private static void ReadDirection(Snapshot snapshot, int row, Span<float> vector)
    {
        float norm = snapshot.Index.TryCopyVector(row, vector) ? TensorPrimitives.Norm<float>(vector) : 0f;
        if (norm > 0)
            TensorPrimitives.Divide(vector, norm, vector);
        else
            vector.Clear();
    }

    /// <summary>Counts what was moved, and states it where that was asked for.</summary>
    private void Report(in Request request, MakeUpScratch s, int places, Slate slate)
    {
        int pinned = 0, diversified = 0, capped = 0, calibrated = 0;
        for (int place = 0; place < places; place++)
        {
            int i = s.Chosen[place];
            Moves moves = s.Places[i].IsPinned || i == place ? Moves.None : s.Moved[i];
            pinned += s.Places[i].IsPinned ? 1 : 0;
            if (moves == Moves.None)
                continue;
            diversified += (moves & Moves.Diversity) != 0 ? 1 : 0;
            capped += (moves & Moves.Cap) != 0 ? 1 : 0;
            calibrated += (moves & Moves.Calibration) != 0 ? 1 : 0;
            if (!request.IsExplained)
                continue;
            Adjustments adjustments = slate.Adjustments ??= new Adjustments();
            int row = s.Places[i].Row;
            if ((moves & Moves.Diversity) != 0)
                adjustments.Add(row, new Adjustment(AdjustmentKind.Diversified, "", s.Nearest[i], i + 1));
            if ((moves & Moves.Cap) != 0)
                adjustments.Add(row, new Adjustment(AdjustmentKind.Capped, request.Rules.Caps[s.MovedBy[i] - 1].Attribute, 0, i + 1));
            if ((moves & Moves.Calibration) != 0)
                adjustments.Add(row, new Adjustment(AdjustmentKind.Calibrated, "", 0, i + 1));
        }

        metrics.Adjusted("pinned", pinned);
        metrics.Adjusted("diversified", diversified);
        metrics.Adjusted("capped", capped);
        metrics.Adjusted("calibrated", calibrated);
        if (request.Rules.Boosts.Count > 0)
            metrics.Adjusted("boosted", Boosts.Shown(s, places, slate.Adjustments!));
    }

    /// <summary>What a slate is made up for.</summary>
    internal readonly ref struct Request
    {
        /// <summary>The model that answers.</summary>
        public required Snapshot Snapshot { get; init; }

        /// <summary>The rules.</summary>
        public required SlateRules Rules { get; init; }

        /// <summary>Places that are shown.</summary>
        public required int Limit { get; init; }

        /// <summary>Places that are kept, for chance and floors to take from; at least <see cref="Limit"/>.</summary>
        public required int Depth { get; init; }

        /// <summary>What the filters of boosts select, by boost; null for those that move nothing.</summary>
        public ReadOnlySpan<FilterRows?> Boosted { get; init; }

        /// <summary>Rows that the user touched.</summary>
        public ReadOnlySpan<int> History { get; init; }

        /// <summary>Rows that are held back because the user has seen them, and because they were shown too often; pins show them all the same.</summary>
        public ReadOnlySpan<int> Seen { get; init; }

        /// <inheritdoc cref="Seen"/>
        public ReadOnlySpan<int> Capped { get; init; }

        /// <summary>Items that must not be returned.</summary>
        public required IReadOnlyList<string> ExcludedItemIds { get; init; }

        /// <summary>When not empty, only these may be returned.</summary>
        public required IReadOnlyList<string> AllowedItemIds { get; init; }

        /// <summary>The only rows that may be shown; null for all.</summary>
        public FilterRows? Filter { get; init; }

        /// <summary>Items of earlier pages: places of pins count over all pages.</summary>
        public int ShownBefore { get; init; }

        /// <summary>Whether every move is stated; pins and boosts always are.</summary>
        public bool IsExplained { get; init; }
    }
}
