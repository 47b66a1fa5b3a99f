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

    /// <summary>By the users of the last days of training.</summary>
    /// <param name="split">For the catalogue.</param>
    /// <param name="events">With times.</param>
    /// <param name="window">How long before the end of training an event may lie; above zero.</param>
    public static PopularityModel Fit(ColdSplit split, TrainingEvents events, TimeSpan window)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(window, TimeSpan.Zero);
        double[] counts = new double[split.Items.TrainingCount];
        var seen = new HashSet<(int User, int Item)>();
        long begin = events.End - (long)window.TotalSeconds;
        for (int i = 0; i < events.Items.Length; i++)
        {
            if (events.Seconds[i] >= begin && events.Seconds[i] < events.End && events.Items[i] < counts.Length && seen.Add((events.Users[i], events.Items[i])))
                counts[events.Items[i]]++;
        }

        return new PopularityModel("popularity_recent", counts);
    }

    public override void Score(in RankingInput user, Span<double> scores) => _counts.CopyTo(scores);
}
