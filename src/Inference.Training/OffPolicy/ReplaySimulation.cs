using Inference.Recommendations.Decisions;
using Inference.Recommendations.Exploration;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Users;
using Inference.Training.Chance;

namespace Inference.Training.OffPolicy;

/// <summary>
/// A small world of which the truth is known, to check estimates by: some contexts, each with a pool of items whose click rates follow their scores and history only roughly, so that a reward model is of use
/// and wrong. Immutable.
/// </summary>
public sealed class ReplaySimulation
{
    private const double Rate = 0.05;

    private readonly PoolItem[][] _pools;
    private readonly double[][] _clickRates;
    private readonly string[] _ids;

    /// <param name="contexts">How many pools there are.</param>
    /// <param name="poolSize">Items of each.</param>
    /// <param name="seed">Names the world.</param>
    public ReplaySimulation(int contexts, int poolSize, ulong seed)
    {
        var chance = new SeededRandom(seed);
        _ids = [.. Enumerable.Range(0, poolSize).Select(static number => $"item {number}")];
        _pools = new PoolItem[contexts][];
        _clickRates = new double[contexts][];
        for (int context = 0; context < contexts; context++)
        {
            double[] scores = [.. Enumerable.Range(0, poolSize).Select(_ => chance.NextGaussian())];
            Array.Sort(scores, static (a, b) => b.CompareTo(a));
            double mean = scores.Average(), deviation = Math.Sqrt(scores.Average(score => (score - mean) * (score - mean)));
            (_pools[context], _clickRates[context]) = (new PoolItem[poolSize], new double[poolSize]);
            for (int i = 0; i < poolSize; i++)
            {
                double z = (scores[i] - mean) / deviation, logit = -3.2 + (0.5 * z) + (0.6 * chance.NextGaussian());
                double rate = 1 / (1 + Math.Exp(-logit)), shown = Math.Floor(60 * chance.NextDouble());
                _clickRates[context][i] = rate;
                _pools[context][i] = new PoolItem(i, (float)z, (float)shown, (float)Math.Floor(shown * rate * 2 * chance.NextDouble()));
            }
        }
    }

    /// <summary>The expected reward of a policy.</summary>
    public double Truth(TargetPolicy policy)
    {
        ChoiceRule rule = policy.Settings.ToRule();
        double sum = 0;
        var probabilities = new double[_ids.Length];
        for (int context = 0; context < _pools.Length; context++)
        {
            rule.Weigh(_pools[context], Rate, probabilities);
            for (int i = 0; i < probabilities.Length; i++)
                sum += probabilities[i] * _clickRates[context][i];
        }

        return sum / _pools.Length;
    }

    /// <summary>Makes a log: decisions in contexts by chance, items by the policy, clicks by the truth.</summary>
    /// <param name="policy">The policy that decides.</param>
    /// <param name="decisions">How many.</param>
    /// <param name="seed">Names the log.</param>
    /// <param name="decide">Gets each decision.</param>
    /// <param name="click">Gets each click, after its decision.</param>
    public void Log(TargetPolicy policy, int decisions, ulong seed, Action<Decision> decide, Action<UserEvent> click)
    {
        ChoiceRule rule = policy.Settings.ToRule();
        var chance = new SeededRandom(seed, 1);
        var probabilities = new double[_ids.Length];
        DateTimeOffset time = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        for (int number = 0; number < decisions; number++)
        {
            int context = chance.NextInt(_pools.Length);
            PoolItem[] pool = _pools[context];
            rule.Weigh(pool, Rate, probabilities);
            int chosen = 0;
            for (double left = chance.NextDouble() - probabilities[0]; left >= 0 && chosen < pool.Length - 1; left -= probabilities[chosen])
                chosen++;
            var items = new ChoiceItem[pool.Length];
            for (int i = 0; i < items.Length; i++)
                items[i] = new ChoiceItem(_ids[i], pool[i].Score, pool[i].Shown, pool[i].Clicked, probabilities[i]);
            string request = $"request {seed} {number}";
            var user = new UserKey(seed + 1, (ulong)number + 1);
            time = time.AddSeconds(1);
            decide(new Decision(
                request, time, user, "simulated/1", Rung.UserTower, 3, policy.Settings.Policy, [new DecidedSlot(_ids[chosen], SlotType.Explore, pool[chosen].Score, probabilities[chosen])],
                [new Choice(1, SlotType.Explore, chosen, items, Rate, policy.Settings)]));
            if (chance.NextDouble() < _clickRates[context][chosen])
                click(new UserEvent($"event {seed} {number}", new UserIdentity(user), _ids[chosen], InteractionType.Click, time.AddSeconds(5), request, 1));
        }
    }
}
