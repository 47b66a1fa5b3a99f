using Recsys.V1;

namespace Inference.Cli.Simulation;

/// <summary>One way to make pages.</summary>
/// <param name="Name">As people call it.</param>
/// <param name="Exploration">What requests ask for.</param>
/// <param name="Retrievers">Which retrievers requests allow; empty for all.</param>
internal sealed record SimulatedPolicy(string Name, ExplorationPolicy Exploration, params string[] Retrievers)
{
    /// <summary>What the others are held against.</summary>
    public static SimulatedPolicy Popularity { get; } = new("popularity", ExplorationPolicy.Off, "popularity");

    /// <summary>The policies of the contract, and popularity.</summary>
    public static IReadOnlyList<SimulatedPolicy> All { get; } =
    [
        Popularity,
        new("off", ExplorationPolicy.Off),
        new("epsilon_greedy", ExplorationPolicy.EpsilonGreedy),
        new("softmax", ExplorationPolicy.Softmax),
        new("thompson", ExplorationPolicy.Thompson),
        new("ucb", ExplorationPolicy.Ucb),
    ];

    /// <summary>Name of the policy that knows the truth and asks nobody.</summary>
    public const string Oracle = "oracle";
}
