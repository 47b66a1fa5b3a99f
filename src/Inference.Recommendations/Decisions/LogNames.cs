using Inference.Recommendations.Exploration;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Users;

namespace Inference.Recommendations.Decisions;

/// <summary>What policies, slots, rungs and events are called in the log of decisions and on the command line.</summary>
public static class LogNames
{
    /// <summary>A policy: "off", "epsilon_greedy", "softmax", "thompson" or "ucb".</summary>
    public static string Of(ExplorationPolicy policy) => policy switch
    {
        ExplorationPolicy.EpsilonGreedy => "epsilon_greedy",
        ExplorationPolicy.Softmax => "softmax",
        ExplorationPolicy.Thompson => "thompson",
        ExplorationPolicy.Ucb => "ucb",
        _ => "off",
    };

    /// <summary>A slot: "exploit", "explore", "new_item" or "fallback".</summary>
    public static string Of(SlotType type) => type switch
    {
        SlotType.Exploit => "exploit",
        SlotType.Explore => "explore",
        SlotType.NewItem => "new_item",
        _ => "fallback",
    };

    /// <summary>A rung, as in the attribute recsys.rung.</summary>
    public static string Of(Rung rung) => rung switch
    {
        Rung.CachedEmbedding => "cached_embedding",
        Rung.UserTower => "user_tower",
        Rung.Session => "session",
        Rung.ClusterProfile => "cluster_profile",
        Rung.Popularity => "popularity",
        _ => "item_embedding",
    };

    /// <summary>An event: "view", "click", "cart", "purchase", "like" or "skip".</summary>
    public static string Of(InteractionType type) => type switch
    {
        InteractionType.View => "view",
        InteractionType.Click => "click",
        InteractionType.Cart => "cart",
        InteractionType.Purchase => "purchase",
        InteractionType.Like => "like",
        _ => "skip",
    };

    /// <summary>The policy of a name; null where there is none.</summary>
    public static ExplorationPolicy? PolicyOf(string name) => name switch
    {
        "off" => ExplorationPolicy.Off,
        "epsilon_greedy" => ExplorationPolicy.EpsilonGreedy,
        "softmax" => ExplorationPolicy.Softmax,
        "thompson" => ExplorationPolicy.Thompson,
        "ucb" => ExplorationPolicy.Ucb,
        _ => null,
    };
}
