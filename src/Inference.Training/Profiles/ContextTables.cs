using System.Collections.Frozen;
using Inference.Recommendations.Features;
using Inference.Recommendations.Snapshots;

namespace Inference.Training.Profiles;

/// <summary>
/// Learns how context values speak for clusters: <c>t(f, v, c) = ln((n_c,f=v + s·π_c) / (n_f=v + s)) − ln π_c</c>, with <c>π_c = (n_c + 1) / (N + K)</c> and
/// smoothing s. Values with too few users are left out, so that no table speaks of a handful of people.
/// </summary>
internal static class ContextTables
{
    /// <summary>One table per feature that has a value with enough users, by name. Features that are no categories (numbers, lists) are skipped.</summary>
    public static IReadOnlyList<ContextTable> Learn(IReadOnlyList<TrainingUser> users, ReadOnlySpan<int> clusterOf, int clusters, double smoothing, int minimumUsers)
    {
        var counts = new SortedDictionary<string, SortedDictionary<string, int[]>>(StringComparer.Ordinal);
        int[] sizes = new int[clusters];
        for (int user = 0; user < users.Count; user++)
        {
            sizes[clusterOf[user]]++;
            foreach ((string feature, FeatureValue value) in users[user].Features)
            {
                if (value.AsCategory() is not { Length: > 0 } category)
                    continue;
                if (!counts.TryGetValue(feature, out SortedDictionary<string, int[]>? byValue))
                    counts.Add(feature, byValue = new SortedDictionary<string, int[]>(StringComparer.Ordinal));
                if (!byValue.TryGetValue(category, out int[]? byCluster))
                    byValue.Add(category, byCluster = new int[clusters]);
                byCluster[clusterOf[user]]++;
            }
        }

        double[] priors = [.. sizes.Select(size => (size + 1.0) / (users.Count + clusters))];
        var tables = new List<ContextTable>();
        foreach ((string feature, SortedDictionary<string, int[]> byValue) in counts)
        {
            var lifts = new Dictionary<string, float[]>(StringComparer.Ordinal);
            foreach ((string value, int[] byCluster) in byValue)
            {
                int total = byCluster.Sum();
                if (total >= minimumUsers)
                    lifts.Add(value, [.. byCluster.Select((count, cluster) => LogLift(count, total, priors[cluster], smoothing))]);
            }

            // A feature with one value is the same for everyone and would say nothing but its own name.
            if (lifts.Count > 0 && byValue.Count > 1)
                tables.Add(new ContextTable(feature, lifts.ToFrozenDictionary(StringComparer.Ordinal)));
        }

        return tables;
    }

    private static float LogLift(int count, int total, double prior, double smoothing) =>
        (float)(Math.Log((count + smoothing * prior) / (total + smoothing)) - Math.Log(prior));
}
