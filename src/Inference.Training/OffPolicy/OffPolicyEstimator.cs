using System.Globalization;
using Inference.Recommendations.Exploration;

namespace Inference.Training.OffPolicy;

/// <summary>
/// Judges policies by what another did. With the weight <c>w_i = π(a_i) ∕ μ(a_i)</c> of the unit i, its reward <c>r_i</c> and the reward model <c>q</c>:
/// <list type="number">
/// <item>IPS: <c>Σ w_i r_i ∕ n</c> (Horvitz and Thompson, 1952)</item>
/// <item>SNIPS: <c>Σ w_i r_i ∕ Σ w_i</c> (Swaminathan and Joachims, 2015), its error by the delta method</item>
/// <item>DR: <c>Σ (Σ_a π(a) q(a) + w_i (r_i − q(a_i))) ∕ n</c> (Dudík, Langford and Li, 2011); over slates from the last draw to the first (Jiang and Li, 2016)</item>
/// </list>
/// Errors are those of the means of influence functions summed by cluster, so draws of one user or one slate need not be independent.
/// </summary>
public static class OffPolicyEstimator
{
    /// <summary>Judges all policies that the log was read for.</summary>
    /// <exception cref="InvalidDataException">There is no draw to judge by.</exception>
    public static ReplayReport Run(ReplayLog log)
    {
        ReplayDraws draws = log.Draws;
        ReplayOptions options = log.Options;
        int[] counted = [.. Enumerable.Range(0, draws.Count).Where(draw => !options.ConfirmedOnly || draws.IsConfirmed[draw])];
        if (counted.Length == 0)
            throw new InvalidDataException(Nothing(log));

        // :: Step 1 units: draws, or the draws of a slate
        var firsts = new List<int>();
        for (int i = 0; i < counted.Length; i++)
        {
            if (i == 0 || !options.BySlate || draws.Decision[counted[i]] != draws.Decision[counted[i - 1]])
                firsts.Add(i);
        }

        int units = firsts.Count;
        firsts.Add(counted.Length);
        int[] clusters = Clusters(draws, counted, firsts, out int clusterCount);
        var rewards = new double[units];
        for (int unit = 0; unit < units; unit++)
        {
            for (int i = firsts[unit]; i < firsts[unit + 1]; i++)
                rewards[unit] += draws.Reward[counted[i]];
        }

        // :: Step 2 the log's own mean
        double mean = rewards.Sum() / units;
        double[] own = [.. rewards.Select(reward => reward - mean)];
        Estimate logged = EstimateOf(mean, own, clusters, clusterCount);

        // :: Step 3 the policies
        var model = new RewardModel(draws, counted, options.Folds);
        var values = new List<PolicyValue>();
        for (int t = 0; t < log.Targets.Count; t++)
            values.Add(Value(log, t, counted, firsts, rewards, clusters, clusterCount, model, own, mean));
        return new ReplayReport(
            log.Counts, [.. log.Logged.Select(settings => new TargetPolicy(settings).ToString()).Order(StringComparer.Ordinal)], units, counted.Length, clusterCount, log.Users,
            rewards.Count(static reward => reward != 0), logged, values, options);
    }

    private static PolicyValue Value(
        ReplayLog log, int target, int[] counted, List<int> firsts, double[] rewards, int[] clusters, int clusterCount, RewardModel model, double[] own, double ownMean)
    {
        ReplayDraws draws = log.Draws;
        int units = rewards.Length, clipped = 0, rewarded = 0;
        double sum = 0, squares = 0, weighted = 0, robust = 0, largest = 0;
        var weights = new double[units];
        var terms = new double[units];
        for (int unit = 0; unit < units; unit++)
        {
            // From the last draw to the first: what is still to come counts with the weight of what led there.
            double weight = 1, term = 0;
            for (int i = firsts[unit + 1] - 1; i >= firsts[unit]; i--)
            {
                int draw = counted[i];
                double ratio = draws.Weight[target][draw];
                weight *= ratio;
                term = Expected(draws, target, draw, model) + (Math.Min(ratio, log.Options.Clip) * (draws.Reward[draw] + term - model.Of(draws.Cluster[draw], draws.Cell[draw])));
            }

            if (weight > log.Options.Clip)
                (weight, clipped) = (log.Options.Clip, clipped + 1);
            (weights[unit], terms[unit]) = (weight, term);
            sum += weight;
            squares += weight * weight;
            weighted += weight * rewards[unit];
            robust += term;
            largest = Math.Max(largest, weight);
            rewarded += rewards[unit] != 0 && weight > 0 ? 1 : 0;
        }

        double meanWeight = sum / units, ips = weighted / units, snips = sum > 0 ? weighted / sum : 0, dr = robust / units;
        double[] influence = new double[units];
        Estimate ipsValue = Of(ips, i => (weights[i] * rewards[i]) - ips);
        Estimate snipsValue = sum > 0 ? Of(snips, i => weights[i] * (rewards[i] - snips) / meanWeight) : new Estimate(0, double.PositiveInfinity, 0);
        Estimate drValue = Of(dr, i => terms[i] - dr);
        Estimate lift = Of(dr - ownMean, i => terms[i] - dr - own[i]);
        double weightError = Of(meanWeight, i => weights[i] - meanWeight).StandardError;
        double effective = squares > 0 ? sum * sum / squares : 0;
        double unsupported = Unsupported(draws, target);
        var value = new PolicyValue(log.Targets[target], ipsValue, snipsValue, drValue, lift, effective, largest, meanWeight, (double)clipped / units, unsupported, rewarded, []);
        return value with { Refusals = Refusals(value, log, draws.IsLogged[target], weightError, draws.Wanted[target][^1] / draws.Count, clusterCount) };

        Estimate Of(double estimate, Func<int, double> of)
        {
            for (int i = 0; i < influence.Length; i++)
                influence[i] = of(i);
            return EstimateOf(estimate, influence, clusters, clusterCount);
        }
    }

    /// <summary>Why a log has no answer.</summary>
    private static List<string> Refusals(PolicyValue value, ReplayLog log, bool isLogged, double weightError, double impossible, int clusters)
    {
        ReplayOptions options = log.Options;
        var reasons = new List<string>();
        if (clusters < options.LeastClusters)
            reasons.Add(Text($"there are only {clusters} independent observations, {options.LeastClusters} are needed{(log.Users > 0 ? "; --cluster request takes the requests of one user for independent" : "")}"));
        if (value.Rewarded < options.LeastRewarded)
            reasons.Add(Text($"only {value.Rewarded} rewards are of items that it could have shown, {options.LeastRewarded} are needed"));
        if (isLogged)
            return reasons;
        if (value.Unsupported > options.MostUnsupported)
        {
            bool isDeterministic = log.Logged.All(static settings => settings.Policy is ExplorationPolicy.Off or ExplorationPolicy.Ucb);
            reasons.Add(Text($"{value.Unsupported:P1} of its probability lies on items that the log never or hardly ever shows, at most {options.MostUnsupported:P1} may{(isDeterministic ? "; the log was made without chance, so it only tells of itself" : "")}"));
        }

        if (value.EffectiveSize < options.LeastEffective)
            reasons.Add(Text($"the effective sample size is {value.EffectiveSize:F1}, {options.LeastEffective:F0} are needed: it would have shown other items than the log did"));
        if (double.IsInfinity(options.Clip) && Math.Abs(value.MeanWeight - (1 - impossible)) > 0.01 + (5 * weightError))
            reasons.Add(Text($"the weights are {value.MeanWeight:F3} in the mean instead of {1 - impossible:F3}: the log does not cover it, or its propensities are not those of what was shown"));
        return reasons;
    }

    private static double Expected(ReplayDraws draws, int target, int draw, RewardModel model)
    {
        double sum = 0;
        for (int at = draws.Start[draw]; at < draws.Start[draw + 1]; at++)
            sum += draws.Mass[target][at] * model.Of(draws.Cluster[draw], draws.Cells[at]);
        return sum;
    }

    /// <summary>Share of the target's probability on the items of the largest weights, so large that in all draws of the log not one of them is to be expected.</summary>
    private static double Unsupported(ReplayDraws draws, int target)
    {
        double sum = 0, expected = 0;
        for (int weight = ReplayDraws.Classes - 1; weight >= 0; weight--)
        {
            expected += draws.Logged[target][weight];
            if (expected >= 1)
                break;
            sum += draws.Wanted[target][weight];
        }

        return sum / draws.Count;
    }

    /// <summary>Clusters of the units, renumbered from 0.</summary>
    private static int[] Clusters(ReplayDraws draws, int[] counted, List<int> firsts, out int count)
    {
        var numbers = new Dictionary<int, int>();
        var clusters = new int[firsts.Count - 1];
        for (int unit = 0; unit < clusters.Length; unit++)
        {
            int cluster = draws.Cluster[counted[firsts[unit]]];
            if (!numbers.TryGetValue(cluster, out int number))
                numbers.Add(cluster, number = numbers.Count);
            clusters[unit] = number;
        }

        count = numbers.Count;
        return clusters;
    }

    /// <summary>An estimate by what influences it, of which the sum is 0.</summary>
    private static Estimate EstimateOf(double value, double[] influence, int[] clusters, int count)
    {
        if (count < 2)
            return new Estimate(value, double.PositiveInfinity, 0);
        var sums = new double[count];
        for (int i = 0; i < influence.Length; i++)
            sums[clusters[i]] += influence[i];
        double squares = 0, fourths = 0;
        foreach (double sum in sums)
        {
            squares += sum * sum;
            fourths += sum * sum * sum * sum;
        }

        double kurtosis = squares > 0 ? count * fourths / (squares * squares) : 1;
        double freedom = kurtosis > 1 ? 2 * count / (kurtosis - 1) : double.PositiveInfinity;
        return new Estimate(value, Math.Sqrt(squares * count / (count - 1.0)) / influence.Length, freedom);
    }

    private static string Nothing(ReplayLog log) =>
        log.Counts.Decisions == 0
            ? $"There are no decisions in the log ({log.Counts.Lines} lines, {log.Counts.BadLines} of them bad). Does Inference:Decisions:Folder name this folder?"
            : log.Draws.Count > 0
                ? "No event tells that an item was seen; without --confirmed all that was shown counts."
                : $"In none of the {log.Counts.Decisions} decisions did chance fill a slot of the kind that is judged. Turn exploration on (Inference:Exploration:Policy, Inference:NewItems:IsOn) to collect a log, or ask for the other --type.";

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
