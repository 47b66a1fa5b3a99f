using Inference.Recommendations.Users;

namespace Inference.Storage.Events;

/// <summary>How much an event counts for the popularity of its item: by how much it says about wanting it, a view being 1.</summary>
internal static class PopularityWeights
{
    public static double Of(InteractionType type) => type switch
    {
        InteractionType.View => 1,
        InteractionType.Click => 2,
        InteractionType.Cart or InteractionType.Like => 4,
        InteractionType.Purchase => 8,
        _ => 0,
    };
}
