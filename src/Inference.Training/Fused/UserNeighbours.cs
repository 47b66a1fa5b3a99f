using Inference.Recommendations.Fusion;
using Inference.Training.Splits;

namespace Inference.Training.Fused;

/// <summary>What training users have, as lists that travel with the bundle. They name no user; of many users an even sample does.</summary>
internal static class UserNeighbours
{
    public const string Name = "user_knn";

    /// <summary>Users that are kept.</summary>
    private const int MostUsers = 50_000;

    /// <summary>Events that are kept: 30 MB of file.</summary>
    private const int MostEvents = 5_000_000;

    /// <summary>Latest events of one user that are kept: what heavy users did long ago says least, and costs most.</summary>
    private const int MostOfOne = 500;

    /// <summary>Latest items of the one who asks: after ten events an item counts half, so after fifty next to nothing.</summary>
    private const int Latest = 50;

    /// <summary>The source; null without training users.</summary>
    public static UserNeighbourSource? Of(TrainingSet set)
    {
        RowLists training = set.Split.Training;
        if (training.Count == 0)
            return null;
        var columns = new List<int>();
        int[] kept = Sample(training);
        int[] offsets = new int[kept.Length + 1];
        for (int i = 0; i < kept.Length; i++)
        {
            ReadOnlySpan<int> items = training[kept[i]];
            columns.AddRange(items[Math.Max(0, items.Length - MostOfOne)..]);
            offsets[i + 1] = columns.Count;
        }

        float[] weights = new float[columns.Count];
        Array.Fill(weights, 1f);
        return new UserNeighbourSource(Name, new WeightedLists(offsets, [.. columns], weights, set.ItemCount), new UserNeighbourOptions(Latest: Latest));
    }

    /// <summary>Users evenly spread, so that events stay below their bound.</summary>
    private static int[] Sample(RowLists training)
    {
        long events = 0;
        for (int user = 0; user < training.Count; user++)
            events += Math.Min(MostOfOne, training[user].Length);
        int count = (int)Math.Max(1, Math.Min(Math.Min(training.Count, MostUsers), training.Count * (double)MostEvents / Math.Max(MostEvents, events)));
        return [.. Enumerable.Range(0, count).Select(i => (int)((long)i * training.Count / count))];
    }
}
