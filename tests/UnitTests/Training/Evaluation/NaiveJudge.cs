using Inference.Training.Chance;
using Inference.Training.Evaluation;

namespace UnitTests.Training.Evaluation;

/// <summary>The metrics as their definitions read, by sorting everything: the oracle of <see cref="Judge"/>.</summary>
internal static class NaiveJudge
{
    /// <param name="scores">By user and item.</param>
    /// <param name="content">Terms by item; weights 1.</param>
    /// <param name="trainingUsers">By item.</param>
    public static Dictionary<string, double> Evaluate(Scenario scenario, double[][] scores, string[][] content, int[] trainingUsers, int allTrainingUsers)
    {
        int[] candidates = [.. Enumerable.Range(0, scenario.Candidates.ScoreLength).Where(scenario.Candidates.Contains)];
        var sums = new Dictionary<string, double>();
        var shown = candidates.ToDictionary(item => item, _ => 0);
        var ndcgs = new List<double>();
        double novelty = 0;
        int places = 0;
        foreach (ScenarioUser user in scenario.Users)
        {
            int[] excluded = user.Excluded.ToArray();
            int[] ranking = [.. candidates
                .OrderByDescending(item => excluded.Contains(item) ? double.NegativeInfinity : scores[user.Input.User][item])
                .ThenBy(item => item)];
            int[] targets = [.. user.Targets.ToArray().Where(candidates.Contains)];
            int t = targets.Length;
            double Gain(int place) => 1 / Math.Log2(place + 2);
            double dcg = ranking.Take(10).Select((item, place) => targets.Contains(item) ? Gain(place) : 0).Sum();
            double ndcg = dcg / Enumerable.Range(0, Math.Min(10, t)).Sum(Gain);
            ndcgs.Add(ndcg);
            Add("ndcg@10", ndcg);
            foreach (int k in (int[])[10, 50])
            {
                int hits = ranking.Take(k).Count(targets.Contains);
                Add($"recall@{k}", hits / (double)Math.Min(k, t));
                Add($"recall_all@{k}", hits / (double)t);
            }

            Add("hit@10", ranking.Take(10).Any(targets.Contains) ? 1 : 0);
            Add("mrr", 1.0 / (1 + Array.FindIndex(ranking, targets.Contains)));
            int[] slate = ranking[..Math.Min(10, ranking.Length)];
            var distances = new List<double>();
            for (int a = 0; a < slate.Length; a++)
            {
                shown[slate[a]]++;
                novelty -= Math.Log2(Math.Max(trainingUsers[slate[a]], 1) / (double)allTrainingUsers);
                places++;
                for (int b = a + 1; b < slate.Length; b++)
                    distances.Add(1 - Cosine(content[slate[a]], content[slate[b]]));
            }

            Add("ild@10", distances.Count == 0 ? 0 : distances.Average());
        }

        int users = scenario.Users.Count;
        Dictionary<string, double> means = sums.ToDictionary(pair => pair.Key, pair => pair.Value / users);
        means["novelty@10"] = novelty / places;
        means["coverage@10"] = shown.Values.Count(count => count > 0) / (double)candidates.Length;
        // Half the mean difference between any two candidates, relative to the mean.
        double mean = shown.Values.Average();
        means["gini@10"] = shown.Values.Sum(a => shown.Values.Sum(b => (double)Math.Abs(a - b))) / (2.0 * candidates.Length * candidates.Length * mean);
        var random = new NumpyRandom(0);
        double[] resampled = [.. Enumerable.Range(0, 1_000).Select(_ => Enumerable.Range(0, users).Select(_ => ndcgs[random.NextInt(users)]).Average()).Order()];
        // 2.5 % and 97.5 % of 999 steps: 24.975 and 974.025.
        means["low"] = resampled[24] + 0.975 * (resampled[25] - resampled[24]);
        means["high"] = resampled[974] + 0.025 * (resampled[975] - resampled[974]);
        return means;

        void Add(string name, double value) => sums[name] = sums.GetValueOrDefault(name) + value;
    }

    private static double Cosine(string[] a, string[] b) =>
        a.Length == 0 || b.Length == 0 ? 0 : a.Distinct().Count(b.Contains) / Math.Sqrt((double)a.Distinct().Count() * b.Distinct().Count());
}
