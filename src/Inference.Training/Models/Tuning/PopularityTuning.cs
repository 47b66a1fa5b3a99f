namespace Inference.Training.Models.Tuning;

/// <summary>Tunes the models that know no events of a user.</summary>
public static class PopularityTuning
{
    private static readonly int[] Days = [14, 30, 60, 120];

    /// <summary>The window of <see cref="PopularityModel"/>.</summary>
    public static TunedModel Recent(TuningGoals goals, TrainingEvents events)
    {
        var best = new Best<(int Days, RankingModel Model)>();
        foreach (int days in Days)
        {
            RankingModel model = PopularityModel.Fit(goals.Split, events, TimeSpan.FromDays(days));
            best.Offer(goals.Unseen(model), (days, model));
        }

        return Tuned(best.Choice.Model, best.Worth, new Dictionary<string, object?> { ["days"] = best.Choice.Days });
    }

    /// <summary>Which fields form the groups of <see cref="ContextPopularity"/>, up to three of them, and m.</summary>
    public static TunedModel Demographic(TuningGoals goals)
    {
        var best = new Best<(int[] Fields, double Smoothing, RankingModel Model)>();
        foreach (int[] fields in Subsets(goals.Contexts!.Fields.Count))
        {
            foreach (double smoothing in (double[])[5, 20, 50, 200])
            {
                RankingModel model = ContextPopularity.Fit(goals.Split, goals.Contexts, fields, smoothing);
                best.Offer(goals.Unseen(model), (fields, smoothing, model));
            }
        }

        return Tuned(best.Choice.Model, best.Worth, new Dictionary<string, object?>
        {
            ["columns"] = best.Choice.Fields.Select(field => goals.Contexts.Fields[field].Name).ToArray(),
            ["m"] = best.Choice.Smoothing,
        });
    }

    /// <summary>m and w of <see cref="ContextNaiveBayes"/>.</summary>
    public static TunedModel NaiveBayes(TuningGoals goals)
    {
        var best = new Best<(double Smoothing, double Weight, RankingModel Model)>();
        foreach (double smoothing in (double[])[20, 50, 200, 500])
        {
            foreach (double weight in (double[])[0.3, 0.6, 1])
            {
                RankingModel model = ContextNaiveBayes.Fit(goals.Split, goals.Contexts!, smoothing, weight);
                best.Offer(goals.Unseen(model), (smoothing, weight, model));
            }
        }

        return Tuned(best.Choice.Model, best.Worth, new Dictionary<string, object?> { ["m"] = best.Choice.Smoothing, ["w"] = best.Choice.Weight });
    }

    private static TunedModel Tuned(RankingModel model, double worth, Dictionary<string, object?> parameters) =>
        new(model.Name, model, model, NeedsEvents: false, parameters) { FewShotNdcg = worth };

    /// <summary>All sets of one, two and three fields; of very many fields only the first eight.</summary>
    private static List<int[]> Subsets(int fields)
    {
        var subsets = new List<int[]>();
        int count = Math.Min(fields, 8);
        for (int mask = 1; mask < 1 << count; mask++)
        {
            int[] set = [.. Enumerable.Range(0, count).Where(field => (mask >> field & 1) != 0)];
            if (set.Length <= 3)
                subsets.Add(set);
        }

        return subsets;
    }
}
