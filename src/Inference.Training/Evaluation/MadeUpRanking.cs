using System.Buffers;
using System.Collections.Concurrent;
using Inference.Recommendations;
using Inference.Recommendations.Pipeline;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Snapshots;
using Inference.Recommendations.Surfaces;
using Inference.Training.Fused;
using Inference.Training.Models;
using Inference.Vectors;

namespace Inference.Training.Evaluation;

/// <summary>A bundle whose slates are made up by rules, by the code that serves them: the first ten are chosen from so many of the best; behind them the order stays as it was.</summary>
public sealed class MadeUpRanking : RankingModel
{
    private readonly BundleRanking _model;
    private readonly SlateMakeUp _makeUp = new(RecommendationMetrics.Unobserved);
    private readonly ConcurrentDictionary<Scenario, Tally> _tallies = new();
    private readonly SlateRules _rules;
    private readonly int _depth;

    /// <param name="name">As reports call it.</param>
    /// <param name="model">What ranks.</param>
    /// <param name="rules">How slates are made up.</param>
    /// <param name="depth">How many of the best they choose from, at least ten.</param>
    public MadeUpRanking(string name, BundleRanking model, SlateRules rules, int depth) => (Name, _model, _rules, _depth) = (name, model, rules, depth);

    public override string Name { get; }

    public override bool ScoresColdItems => _model.ScoresColdItems;

    public override void Score(in RankingInput user, Span<double> scores) => _model.Score(user, scores);

    /// <summary>Mean of 1 less the mean cosine of the item vectors of all pairs, over the slates of a scenario, before and after; NaN where none was made.</summary>
    public (double Before, double After) VectorDiversity(Scenario scenario) => _tallies.TryGetValue(scenario, out Tally? tally) ? tally.Means() : (double.NaN, double.NaN);

    /// <summary>Gives the items of the slate the highest scores, in its order.</summary>
    /// <param name="scores">By item index; negative infinity where an item may not be shown.</param>
    /// <param name="scenario">What is asked.</param>
    /// <param name="place">Who asks.</param>
    internal void Lift(Span<double> scores, Scenario scenario, int place)
    {
        int most = Math.Min(_depth, scenario.Candidates.Count);
        double[] topScores = ArrayPool<double>.Shared.Rent(most);
        int[] items = ArrayPool<int>.Shared.Rent(most);
        try
        {
            int count = RankedTop.Select(scores, scenario.Candidates, topScores.AsSpan(0, most), items.AsSpan(0, most));
            using var slate = new Slate(most);
            for (int i = 0; i < count && !double.IsNegativeInfinity(topScores[i]); i++)
            {
                // What the bundle does not know has no row, and stands behind all that it knows.
                if (_model.RowOf(items[i]) is >= 0 and int row)
                    slate.Add(row, (float)topScores[i], Sources.Towers);
            }

            if (slate.Count == 0)
                return;
            double before = VectorDiversity(slate.Places[..Math.Min(slate.Count, Judge.SlateLength)]);
            MakeUp(scenario.Users[place], slate);
            ReadOnlySpan<Slate.Place> shown = slate.Places[..Math.Min(slate.Count, Judge.SlateLength)];
            for (int slot = 0; slot < shown.Length; slot++)
            {
                for (int i = 0; i < count; i++)
                {
                    if (_model.RowOf(items[i]) == shown[slot].Row)
                        scores[items[i]] = topScores[0] + (shown.Length - slot);
                }
            }

            _tallies.GetOrAdd(scenario, static scenario => new Tally(scenario.Users.Count)).Set(place, before, VectorDiversity(shown));
        }
        finally
        {
            ArrayPool<double>.Shared.Return(topScores);
            ArrayPool<int>.Shared.Return(items);
        }
    }

    private void MakeUp(ScenarioUser user, Slate slate)
    {
        Snapshot snapshot = _model.Snapshot;
        var degraded = new Degradations();
        using Eligibility eligible = Eligibility.Of(snapshot.Items, [], [], default, filter: null, degraded);
        var request = new SlateMakeUp.Request
        {
            Snapshot = snapshot,
            Rules = _rules,
            Limit = Judge.SlateLength,
            Depth = Judge.SlateLength,
            History = _model.RowsOf(user.Input.History.Span),
            ExcludedItemIds = [],
            AllowedItemIds = [],
        };
        _makeUp.Apply(request, eligible, slate, degraded);
    }

    private double VectorDiversity(ReadOnlySpan<Slate.Place> places)
    {
        var vectors = new float[places.Length][];
        double sum = 0;
        int pairs = 0;
        for (int i = 0; i < vectors.Length; i++)
        {
            _model.Snapshot.Index.TryCopyVector(places[i].Row, vectors[i] = new float[_model.Snapshot.Index.Dimension]);
            for (int j = 0; j < i; j++)
            {
                double lengths = Math.Sqrt(VectorMath.SquaredNorm(vectors[i]) * (double)VectorMath.SquaredNorm(vectors[j]));
                sum += lengths > 0 ? 1 - (VectorMath.Dot(vectors[i], vectors[j]) / lengths) : 1;
                pairs++;
            }
        }

        return pairs == 0 ? 0 : sum / pairs;
    }

    /// <summary>By user, so that the sums do not depend on threads.</summary>
    private sealed class Tally(int users)
    {
        private readonly double[] _before = new double[users];
        private readonly double[] _after = new double[users];

        public void Set(int user, double before, double after) => (_before[user], _after[user]) = (before, after);

        public (double Before, double After) Means() => (_before.Sum() / _before.Length, _after.Sum() / _after.Length);
    }
}
