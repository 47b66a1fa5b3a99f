using Recsys.V1;

namespace Inference.Cli.Load;

/// <summary>What the requests of a load ask. The verb checks the ranges.</summary>
internal sealed record MixOptions
{
    /// <value>Shares of the kinds.</value>
    public required TrafficMix Traffic { get; init; }

    /// <value>Known users; the first ones are the most active. Where there are none, all who would be known are strangers.</value>
    public required NumberedIds Users { get; init; }

    /// <value>Items that sessions, events and questions for similar items are about; the first ones come most often.</value>
    public NumberedIds Items { get; init; } = new("i", 2000);

    /// <value>Skew of users and items: the weight of the nth is n to the power of minus this, 0 to 3.</value>
    public double Zipf { get; init; } = 0.9;

    /// <value>Context features with the values to choose among.</value>
    public IReadOnlyList<(string Name, FeatureValue[] Values)> Context { get; init; } = [];

    /// <value>Whether the context goes with the requests of known users too, where it overrides what is stored; otherwise with strangers and sessions only.</value>
    public bool IsContextForAll { get; init; } = true;

    /// <value>Items asked for, 0 for the server's default.</value>
    public int Limit { get; init; } = 10;

    /// <value>Whether reasons are asked for.</value>
    public bool Explain { get; init; }

    /// <value>Where the slates are shown; empty for the server's default.</value>
    public string Surface { get; init; } = "";

    /// <value>The filter of filtered requests; empty for none.</value>
    public string Filter { get; init; } = "";

    /// <value>Whether the filter is that of all requests.</value>
    public bool IsFilterForAll { get; init; } = true;

    /// <value>Recent items of a session, 1 to 100.</value>
    public int SessionItems { get; init; } = 3;

    /// <value>Events of one RecordEvents call, 1 to 100.</value>
    public int EventsPerCall { get; init; } = 1;

    /// <value>Whether known users ask one after another, round and round, rather than by their activity.</value>
    public bool InOrder { get; init; }

    /// <value>Names the chance in kinds, users, items and context.</value>
    public ulong Seed { get; init; } = 1;

    /// <value>Stands in the ids of events, so that a second run is no repetition of the first.</value>
    public string RunId { get; init; } = "load";
}
