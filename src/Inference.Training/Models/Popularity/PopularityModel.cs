using Inference.Training.Splits;

namespace Inference.Training.Models;

/// <summary>Ranks items by how many training users touched them, the same for everyone.</summary>
public sealed class PopularityModel : RankingModel
{
    private readonly double[] _counts;

    private PopularityModel(string name, double[] counts)
    {
        Name = name;
        _counts = counts;
    }

    public override string Name { get; }

    /// <summary>Users per item, by item index of the training catalogue.</summary>
    public IReadOnlyList<double> Counts => _counts;

    /// <summary>By all training users.</summary>
    public static PopularityModel Fit(ColdSplit split)
    {
        double[] counts = new double[split.Items.TrainingCount];
        for (int item = 0; item < counts.Length; item++)
            counts[item] = split.Items.TrainingUsers[item];
        return new PopularityModel("popularity", counts);
    }

    /// <summary>By the users of the last days of training, repeated events included.</summary>
    /// <param name="split">For the catalogue, and for the time at which training ends: that of the validation part, or just after the last event.</param>
    /// <param name="events">Of the training users, with times.</param>
    /// <param name="window">How long before the end of training an event may lie; above zero.</param>
    public static PopularityModel Fit(ColdSplit split, TrainingEvents events, TimeSpan window)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(window, TimeSpan.Zero);
        double[] counts = new double[split.Items.TrainingCount];
        long end = split.Times?.Validation ?? Latest(events) + 1, begin = end - (long)window.TotalSeconds;
        var seen = new HashSet<int>();
        for (int user = 0; user < events.Count; user++)
        {
            seen.Clear();
            ReadOnlySpan<int> items = events.ItemsOf(user);
            ReadOnlySpan<long> seconds = events.SecondsOf(user);
            for (int i = 0; i < items.Length; i++)
            {
                if (seconds[i] >= begin && seconds[i] < end && items[i] < counts.Length && seen.Add(items[i]))
                    counts[items[i]]++;
            }
        }

        return new PopularityModel("popularity_recent", counts);
    }

    private static long Latest(TrainingEvents events)
    {
        long latest = 0;
        for (int user = 0; user < events.Count; user++)
        {
            if (!events.SecondsOf(user).IsEmpty)
                latest = Math.Max(latest, events.SecondsOf(user)[^1]);
        }

        return latest;
    }

    public override void Score(in RankingInput user, Span<double> scores) => _counts.CopyTo(scores);
}
