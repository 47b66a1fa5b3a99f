using Inference.Training.Features;

namespace Inference.Training.Models.Tuning;

/// <summary>Tunes the models of content, by how they rank the cold items of the validation part.</summary>
public static class ContentTuning
{
    /// <summary>How much of the history <see cref="ContentKnn"/> is shown.</summary>
    public static TunedModel Knn(TuningGoals goals, ItemTraits traits)
    {
        var best = new Best<(int Last, RankingModel Model)>();
        foreach (int last in (int[])[10, 20, 50, 500])
        {
            RankingModel model = new ContentKnn(traits, last);
            best.Offer(goals.ColdItems(model), (last, model));
        }

        return new TunedModel("content_knn", best.Choice.Model, best.Choice.Model, NeedsEvents: true, new Dictionary<string, object?> { ["last"] = best.Choice.Last });
    }

    /// <summary>λ of <see cref="ContentRidge"/>.</summary>
    /// <param name="goals">What is wanted.</param>
    /// <param name="traits">Content of all items.</param>
    /// <param name="als">The factors that content is to give.</param>
    public static TunedModel Ridge(TuningGoals goals, ItemTraits traits, ImplicitAls als)
    {
        var best = new Best<(double Ridge, RankingModel Model)>();
        foreach (double ridge in (double[])[1, 3, 10, 30, 100])
        {
            RankingModel model = ContentRidge.Fit(traits, als, ridge);
            best.Offer(goals.ColdItems(model), (ridge, model));
        }

        return new TunedModel("content_to_ials_ridge", best.Choice.Model, best.Choice.Model, NeedsEvents: true, new Dictionary<string, object?> { ["lam"] = best.Choice.Ridge });
    }
}
