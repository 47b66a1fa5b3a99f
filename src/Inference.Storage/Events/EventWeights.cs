using Inference.Recommendations.Exploration;
using Inference.Recommendations.Snapshots;
using Inference.Recommendations.Users;

namespace Inference.Storage.Events;

/// <summary>
/// What an event adds to the counts of its item: to popularity and trends by how much it says about wanting the item, a view being 1; to impressions and clicks where it tells of a slate.
/// </summary>
internal static class EventWeights
{
    private static readonly (string Counter, double Weight)[][] ByType = [.. Enumerable.Range(0, byte.MaxValue + 1).Select(type => Make((InteractionType)type))];

    /// <summary>Counters and weights above 0.</summary>
    public static (string Counter, double Weight)[] Of(InteractionType type) => ByType[(byte)type];

    private static (string, double)[] Make(InteractionType type)
    {
        (int shown, int clicked) = ItemExposure.Of(type);
        (string, double)[] all = [(LivePopularity.CounterName, Popularity(type)), (LiveTrends.CounterName, Popularity(type)), (ItemExposure.ShownName, shown), (ItemExposure.ClickedName, clicked)];
        return [.. all.Where(counter => counter.Item2 > 0)];
    }

    private static double Popularity(InteractionType type) => type switch
    {
        InteractionType.View => 1,
        InteractionType.Click => 2,
        InteractionType.Cart or InteractionType.Like => 4,
        InteractionType.Purchase => 8,
        _ => 0,
    };
}
