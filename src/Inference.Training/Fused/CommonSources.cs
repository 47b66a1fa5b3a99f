using Inference.Recommendations.Features;
using Inference.Recommendations.Fusion;
using Inference.Towers.Encoders;
using Inference.Training.Features;
using Inference.Training.Splits;

namespace Inference.Training.Fused;

/// <summary>Sources that look at context alone, or at nothing: popularity of several kinds, and what each context feature changes of it.</summary>
internal static class CommonSources
{
    /// <summary>Events of a user that count as first ones: what new users take differs from what old ones do.</summary>
    private const int FirstEvents = 15;

    /// <summary>m: users of average taste that each value of a feature is given.</summary>
    private const double ContextSmoothing = 50;

    /// <summary>Items that a value lists.</summary>
    private const int ListedItems = 1_000;

    /// <summary>Different numbers of a feature in buckets that get a list each; with more of them there is no source, for a list would stand for a handful of people, and the lists of a bucket are all the same.</summary>
    private const int MostNumbers = 64;

    /// <summary>Share of training users by item; 0 for items without training events.</summary>
    public static float[] Rates(TrainingSet set, int firstEvents = int.MaxValue)
    {
        int[] counts = new int[set.ItemCount];
        for (int user = 0; user < set.Split.Training.Count; user++)
        {
            ReadOnlySpan<int> items = set.Split.Training[user];
            foreach (int item in items[..Math.Min(items.Length, firstEvents)])
                counts[item]++;
        }

        return Array.ConvertAll(counts, count => count / (float)Math.Max(1, set.Split.Training.Count));
    }

    /// <summary>Name of the source that looks at the last months alone.</summary>
    /// <remarks>Not for the first clicks: what is new helps right after training more than later, and the validation part is right after it.</remarks>
    public const string Recent = "popularity_recent";

    private const double RecentDays = 120;

    public static IEnumerable<ScoreSource> Popularity(TrainingSet set)
    {
        // Half a user: an item that nobody touched is not infinitely worse than one that one user touched.
        float epsilon = 0.5f / Math.Max(1, set.Split.Training.Count);
        yield return new PopularitySource("popularity", Rates(set), epsilon);
        yield return new PopularitySource("popularity_first", Rates(set, FirstEvents), epsilon);
        if (RecentRates(set) is { } recent)
            yield return new PopularitySource(Recent, recent, epsilon);
    }

    /// <summary>Share of training users that touched an item in the last months; null where training is not longer than that.</summary>
    private static float[]? RecentRates(TrainingSet set)
    {
        long first = long.MaxValue, last = long.MinValue;
        for (int user = 0; user < set.Events.Count; user++)
        {
            ReadOnlySpan<long> times = set.Events.SecondsOf(user);
            if (times.IsEmpty)
                continue;
            first = Math.Min(first, times[0]);
            last = Math.Max(last, times[^1]);
        }

        if (last - first < RecentDays * 86_400 * 1.5)
            return null;
        long from = last - (long)(RecentDays * 86_400);
        int[] counts = new int[set.ItemCount];
        var seen = new HashSet<int>();
        for (int user = 0; user < set.Events.Count; user++)
        {
            seen.Clear();
            ReadOnlySpan<long> times = set.Events.SecondsOf(user);
            ReadOnlySpan<int> items = set.Events.ItemsOf(user);
            for (int i = 0; i < times.Length; i++)
            {
                if (times[i] >= from && seen.Add(items[i]))
                    counts[items[i]]++;
            }
        }

        return Array.ConvertAll(counts, count => count / (float)Math.Max(1, set.Split.Training.Count));
    }

    /// <summary>One source per context field, so that each gets a weight of its own.</summary>
    public static IEnumerable<ScoreSource> Context(TrainingSet set)
    {
        UserContexts contexts = set.Plan.Contexts;
        float[] rates = Rates(set);
        string[] names = ContextNames.Of([.. contexts.Fields.Select(field => field.Name)]);
        for (int field = 0; field < contexts.Fields.Count; field++)
        {
            if (Source(set, field, names[field], rates) is { } source)
                yield return source;
        }
    }

    private static ContextSource? Source(TrainingSet set, int field, string name, float[] rates)
    {
        UserContexts contexts = set.Plan.Contexts;
        string feature = contexts.Fields[field].Name;
        int codes = contexts.Fields[field].Codes;
        int[] users = new int[codes];
        int[][] counts = [.. Enumerable.Range(0, codes).Select(_ => new int[rates.Length])];
        var codeOf = new SortedDictionary<string, int>(StringComparer.Ordinal);
        for (int row = 0; row < set.Split.TrainingUserIds.Count; row++)
        {
            string id = set.Split.TrainingUserIds[row];
            int place = contexts.Find(id);
            int code = place < 0 ? 0 : contexts[place][field];
            users[code]++;
            foreach (int item in set.Split.Training[row])
                counts[code][item]++;
            if (code > 0 && set.Plan.UserFeatures(id).TryGetValue(feature, out FeatureValue value) && value.AsCategory() is { } category)
                codeOf[category] = code;
        }

        if (codeOf.Count < 2 || (codeOf.Count > MostNumbers && set.Plan.UserEncoders[field] is BucketsSpec))
            return null;
        var lists = new (int[] Columns, float[] Weights)[codes];
        for (int code = 1; code < codes; code++)
            lists[code] = ListOf(counts[code], users[code], rates);
        (string Value, int Code)[] values = [.. codeOf.Select(pair => (pair.Key, pair.Value))];
        int[] offsets = new int[values.Length + 1];
        for (int i = 0; i < values.Length; i++)
            offsets[i + 1] = offsets[i] + lists[values[i].Code].Columns.Length;
        return new ContextSource(
            name,
            [new ContextValues(feature, [.. values.Select(value => value.Value)])],
            new WeightedLists(offsets, [.. values.SelectMany(value => lists[value.Code].Columns)], [.. values.SelectMany(value => lists[value.Code].Weights)], rates.Length).RoundedToHalf());
    }

    /// <summary>log((n_iv + m p_i) ∕ ((n_v + m) p_i)) of the items where it matters most.</summary>
    private static (int[] Columns, float[] Weights) ListOf(int[] counts, int users, float[] rates)
    {
        var found = new List<(int Item, float Ratio, double Matter)>();
        for (int item = 0; item < counts.Length; item++)
        {
            if (rates[item] <= 0)
                continue;
            double ratio = Math.Log((counts[item] + (ContextSmoothing * rates[item])) / ((users + ContextSmoothing) * rates[item]));
            found.Add((item, (float)ratio, Math.Abs(ratio) * rates[item]));
        }

        var kept = found.OrderByDescending(entry => entry.Matter).ThenBy(entry => entry.Item).Take(ListedItems).ToArray();
        return ([.. kept.Select(entry => entry.Item)], [.. kept.Select(entry => entry.Ratio)]);
    }
}
