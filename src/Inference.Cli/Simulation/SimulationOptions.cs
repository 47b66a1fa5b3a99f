namespace Inference.Cli.Simulation;

/// <summary>What `simulate` was asked.</summary>
internal sealed record SimulationOptions
{
    /// <summary>Sessions that every policy plays.</summary>
    public required int Sessions { get; init; }

    /// <summary>Pages of a session.</summary>
    public required int Pages { get; init; }

    /// <summary>Items of a page.</summary>
    public required int PageLength { get; init; }

    /// <summary>How many events a user would make who was shown everything.</summary>
    public required double Appetite { get; init; }

    /// <summary>How much later slots are overlooked: slot k is looked at with the probability k^−bias.</summary>
    public required double PositionBias { get; init; }

    /// <summary>New items that are put into the catalogue first.</summary>
    public required int NewItems { get; init; }

    /// <summary>Names everything that is chance here, and the ids of requests, which are what the server draws by.</summary>
    public required ulong Seed { get; init; }

    /// <summary>Whether users and new items stay when it is over.</summary>
    public required bool Keeps { get; init; }

    /// <summary>How long to wait for each answer.</summary>
    public required TimeSpan Timeout { get; init; }
}
