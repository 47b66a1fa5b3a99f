using Inference.Recommendations.Exploration;
using Inference.Recommendations.Pipeline;
using Inference.Training.Chance;
using Inference.Training.Fused;

namespace Inference.Training.Evaluation.Sessions;

/// <summary>
/// Plays visits with one slot for a new item each.
/// <list type="number">
/// <item>Training users visit in a random order. A click is an item that the user touched later, in the part. Nobody is shown an item twice.</item>
/// <item>The pool: new items with the bundle's scores for the user, standardised; with the floor (<see cref="FloorUse"/>), those that were shown less often than it says.</item>
/// <item>The item is drawn by the code that serves slots for new items, or by a rule that it is held against. What was shown and clicked is known at the next visit.</item>
/// </list>
/// </summary>
internal static class NewItemSimulation
{
    /// <summary>Runs with other orders and draws.</summary>
    private const int Runs = 5;

    /// <summary>What is told of exposure beside the floor.</summary>
    private const int Few = 5;

    /// <summary>Visits of each user where more time passes than the floor takes.</summary>
    private const int ManyRounds = 5;

    private static readonly ExplorationOptions Exploration = new();
    private static readonly double Floor = new NewItemOptions().ExposureFloor;

    private static readonly Rule Content = new("content", true, Exploration);
    private static readonly Rule Draws = new("content+beta_ts", true, Exploration, ExplorationPolicy.Thompson);

    private static readonly Rule[] Rules =
    [
        new("random", false, null),
        Content,
        new("beta_ts", false, Exploration, ExplorationPolicy.Thompson),
        new("content+mean", true, new ExplorationOptions { ConfidenceWidth = 0 }, ExplorationPolicy.Ucb),
        Draws,
        new("content+ucb", true, Exploration, ExplorationPolicy.Ucb),
    ];

    /// <returns>Empty where the part has no new items, or the bundle cannot score them.</returns>
    public static IReadOnlyList<NewItemResult> Play(
        EvaluationInputs inputs, EvaluationPart part, BundleRanking bundle, SessionOptions options, Func<string, IProgress<double>> begin, CancellationToken cancellationToken)
    {
        if (NewItemVisits.Make(inputs, part, bundle.Snapshot, options, begin("new items: scores"), cancellationToken) is not { } scores)
            return [];
        IProgress<double> progress = begin("new items: visits");
        var results = new List<NewItemResult>();
        (Rule Rule, FloorUse Floor, int Rounds)[] plans =
        [
            .. Rules.Select(rule => (rule, FloorUse.None, 1)), .. Rules.Select(rule => (rule, FloorUse.Leave, 1)),
            (Content, FloorUse.None, ManyRounds), (Draws, FloorUse.None, ManyRounds), (Draws, FloorUse.First, ManyRounds),
        ];
        foreach ((Rule rule, FloorUse floor, int rounds) in plans)
        {
            results.Add(Play(scores, rule, floor, rounds, options, cancellationToken));
            progress.Report(results.Count / (double)plans.Length);
        }

        return results;
    }

    /// <summary>The mean of all runs of a rule.</summary>
    internal static NewItemResult Play(NewItemVisits visits, Rule rule, FloorUse floor, int rounds, SessionOptions options, CancellationToken cancellationToken)
    {
        var runs = new NewItemResult[Runs];
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = options.Threads ?? Environment.ProcessorCount, CancellationToken = cancellationToken };
        Parallel.For(0, Runs, parallel, run => runs[run] = new Run(visits, rule, floor, rounds, new SeededRandom(options.Seed, (ulong)run)).Play(cancellationToken));
        double Mean(Func<NewItemResult, double> value) => runs.Average(value);
        return new NewItemResult(
            rule.Name, floor, rounds, visits.Users * rounds, Mean(run => run.Shown), Mean(run => run.ClickRate), Mean(run => run.ClickRateLate),
            Mean(run => run.ShareOfFive), Mean(run => run.ShareOfFloor), Mean(run => run.LeastShown));
    }

    /// <param name="Name">As reports call it.</param>
    /// <param name="ReadsContent">Whether the bundle's scores count; otherwise all are the same.</param>
    /// <param name="Options">Parameters of the policy; null for chance.</param>
    /// <param name="Policy">How the item is chosen from the best of the pool.</param>
    internal sealed record Rule(string Name, bool ReadsContent, ExplorationOptions? Options, ExplorationPolicy Policy = ExplorationPolicy.Off)
    {
        public ChoiceRule? Choice { get; } = Options is null ? null : ChoiceRule.Of(Policy, Options);
    }

    private sealed class Run(NewItemVisits visits, Rule rule, FloorUse floor, int rounds, SeededRandom seeded)
    {
        private readonly float[] _shown = new float[visits.Items];
        private readonly float[] _clicked = new float[visits.Items];
        private readonly bool[] _seen = new bool[visits.Users * visits.Items];
        private readonly PoolItem[] _pool = new PoolItem[visits.Items];
        private SeededRandom _random = seeded;

        public NewItemResult Play(CancellationToken cancellationToken)
        {
            int[] order = [.. Enumerable.Range(0, visits.Users)];
            var clicks = new List<bool>(order.Length * rounds);
            for (int round = 0; round < rounds; round++)
            {
                _random.Shuffle<int>(order);
                foreach (int user in order)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    Visit(user, clicks);
                }
            }

            int late = clicks.Count / 2;
            return new NewItemResult(
                rule.Name, floor, rounds, order.Length * rounds, clicks.Count, RateOf(clicks, 0), RateOf(clicks, late), _shown.Count(shown => shown >= Few) / (double)_shown.Length,
                _shown.Count(shown => shown >= Floor) / (double)_shown.Length, _shown.Min());
        }

        private void Visit(int user, List<bool> clicks)
        {
            int item = floor == FloorUse.None ? -1 : Choose(user, underFloor: true);
            if (item < 0 && floor != FloorUse.Leave)
                item = Choose(user, underFloor: false);
            if (item < 0)
                return;
            bool isClick = visits.IsRelevant(user, item);
            _seen[(user * visits.Items) + item] = true;
            _shown[item]++;
            _clicked[item] += isClick ? 1 : 0;
            clicks.Add(isClick);
        }

        private static double RateOf(List<bool> clicks, int from) => clicks.Count == from ? 0 : clicks.Skip(from).Count(isClick => isClick) / (double)(clicks.Count - from);

        private int Choose(int user, bool underFloor)
        {
            ReadOnlySpan<float> scores = visits.Of(user);
            int count = 0;
            for (int item = 0; item < scores.Length; item++)
            {
                if (!_seen[(user * visits.Items) + item] && (!underFloor || _shown[item] < Floor))
                    _pool[count++] = new PoolItem(item, rule.ReadsContent ? scores[item] : 0f, _shown[item], _clicked[item]);
            }

            if (count == 0)
                return -1;
            Span<PoolItem> pool = _pool.AsSpan(0, count);
            if (rule.Choice is not { } choice)
                return pool[_random.NextInt(count)].Row;
            Pool.Standardise(pool);
            pool.Sort(static (a, b) => a.Score != b.Score ? b.Score.CompareTo(a.Score) : a.Row.CompareTo(b.Row));
            Span<PoolItem> best = pool[..Math.Min(count, NewItemSlots.MostDrawnFrom)];
            Span<double> probabilities = stackalloc double[NewItemSlots.MostDrawnFrom];
            probabilities = probabilities[..best.Length];
            choice.Weigh(best, new ItemArms(_shown, _clicked).Rate, probabilities);
            double left = _random.NextDouble();
            int chosen = 0;
            for (int i = 0; i < best.Length && left >= 0; i++)
            {
                if (probabilities[i] > 0)
                    chosen = i;
                left -= probabilities[i];
            }

            return best[chosen].Row;
        }
    }
}
