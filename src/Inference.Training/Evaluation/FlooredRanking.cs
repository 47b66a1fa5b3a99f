using System.Buffers;
using System.Collections.Concurrent;
using Inference.Recommendations.Guards;
using Inference.Training.Models;

namespace Inference.Training.Evaluation;

/// <summary>A model whose slates keep floors of exposure, by the code that serves them: the first ten are chosen from so many of the best; behind them the order stays as it was.</summary>
public sealed class FlooredRanking : RankingModel
{
    private readonly RankingModel _model;
    private readonly ConcurrentDictionary<Scenario, Tally> _tallies = new();
    private readonly uint[] _groups;
    private readonly int _depth;

    /// <param name="name">As reports call it.</param>
    /// <param name="model">What ranks.</param>
    /// <param name="floors">The floors.</param>
    /// <param name="groups">By item index: a bit for each floor whose group the item is in.</param>
    /// <param name="depth">How many of the best beyond the slate floors may take from.</param>
    public FlooredRanking(string name, RankingModel model, ExposureFloors floors, uint[] groups, int depth) =>
        (Name, _model, Floors, _groups, _depth) = (name, model, floors, groups, depth);

    public override string Name { get; }

    public override bool ScoresColdItems => _model.ScoresColdItems;

    /// <summary>What is kept.</summary>
    public ExposureFloors Floors { get; }

    /// <summary>Items by floor, to see what they are shown.</summary>
    public ItemGrouping Grouping => new(
        "exposure floors", [.. Floors.Floors.Select(floor => floor.Group)],
        Splits.RowLists.Of([.. _groups.Select(groups => Enumerable.Range(0, Floors.Count).Where(floor => (groups & (1u << floor)) != 0).ToArray())]));

    public override void Score(in RankingInput user, Span<double> scores) => _model.Score(user, scores);

    /// <summary>Share of the slates of a scenario that do not keep all floors, because too few of the best items are in their groups; 0 where none was made.</summary>
    public double NotKept(Scenario scenario) => _tallies.TryGetValue(scenario, out Tally? tally) ? tally.NotKept / (double)tally.Slates : 0;

    /// <summary>Gives the items of the slate the highest scores, in its order.</summary>
    /// <param name="scores">By item index; negative infinity where an item may not be shown.</param>
    /// <param name="scenario">What is asked.</param>
    internal void Lift(Span<double> scores, Scenario scenario)
    {
        CandidateItems candidates = scenario.Candidates;
        int most = Math.Min(Judge.SlateLength + _depth, candidates.Count);
        double[] rentedScores = ArrayPool<double>.Shared.Rent(most);
        int[] items = ArrayPool<int>.Shared.Rent(most);
        try
        {
            int count = RankedTop.Select(scores, candidates, rentedScores.AsSpan(0, most), items.AsSpan(0, most));
            while (count > 0 && double.IsNegativeInfinity(rentedScores[count - 1]))
                count--;
            Span<uint> groups = stackalloc uint[count];
            for (int i = 0; i < count; i++)
                groups[i] = _groups[items[i]];
            Span<int> slots = stackalloc int[Math.Min(Judge.SlateLength, count)], chosen = stackalloc int[slots.Length];
            slots.Fill(FloorRanking.Free);
            FloorRanking.Choose(Floors.Shares, slots, groups, chosen);
            Span<uint> shown = stackalloc uint[chosen.Length];
            for (int slot = 0; slot < chosen.Length; slot++)
            {
                scores[items[chosen[slot]]] = rentedScores[0] + (chosen.Length - slot);
                shown[slot] = groups[chosen[slot]];
            }

            _tallies.GetOrAdd(scenario, static _ => new Tally()).Add(FloorRanking.NotKept(Floors.Shares, shown) == 0);
        }
        finally
        {
            ArrayPool<double>.Shared.Return(rentedScores);
            ArrayPool<int>.Shared.Return(items);
        }
    }

    private sealed class Tally
    {
        private long _slates;
        private long _notKept;

        public long Slates => _slates;

        public long NotKept => _notKept;

        public void Add(bool isKept)
        {
            Interlocked.Increment(ref _slates);
            if (!isKept)
                Interlocked.Increment(ref _notKept);
        }
    }
}
