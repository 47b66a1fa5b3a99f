using Inference.Training.Models;

namespace Inference.Training.Evaluation.Entrants;

/// <summary>The models of the project, as `evaluate` judges them.</summary>
public static class EntrantRecipes
{
    /// <summary>All of them, in the order of reports: from what knows least to what knows most. The recipes of one call share what they have in common, and are for one thread.</summary>
    public static IReadOnlyList<EntrantRecipe> All()
    {
        var grams = new GramCache();
        var factors = new AlsCache();
        var clusterModels = new ClusterModels(factors);
        var clusters = new ClusterProfileRecipe(clusterModels);
        return
        [
            new FixedRecipe("random", "chance", inputs => new RandomModel(inputs.Seed)),
            new FixedRecipe("popularity", "training users per item", inputs => PopularityModel.Fit(inputs.Split)),
            new RecentPopularityRecipe(),
            new ContextPopularityRecipe(),
            new ContextNaiveBayesRecipe(),
            new EaseRecipe(grams),
            new FadingEaseRecipe(grams),
            new ItemKnnRecipe(grams),
            new PairRulesRecipe(grams),
            new SequenceKnnRecipe(),
            new UserKnnRecipe(),
            new AlsRecipe(factors),
            clusters,
            new AlsClusterPriorRecipe(clusterModels, clusters),
            new FixedRecipe("content_popularity", "training users of the items most like it", inputs => ContentPopularity.Fit(inputs.Split, inputs.Features.Traits)),
            new ContentRecipe("content_knn", "content like that of the history", "last", [10, 20, 50, 500], (inputs, _) => last => new ContentKnn(inputs.Features.Traits, (int)last)),
            new ContentRecipe("content_to_ials_ridge", "content mapped to the factors of implicit ALS", "lam", [1, 3, 10, 30, 100], (inputs, als) => ridge => ContentRidge.Fit(inputs.Features.Traits, als!, ridge), factors, ContentRidge.MostTerms),
        ];
    }
}
