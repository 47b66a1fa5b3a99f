using Inference.Recommendations.Features;

namespace Inference.Recommendations.Users;

/// <summary>What is known of a user. Immutable.</summary>
public sealed class UserState
{
    private ulong _stamp;

    /// <param name="features">Stored features by name.</param>
    /// <param name="history">Ids of the items that the user touched, latest last: those of the bundle, then those of <paramref name="interactions"/>; capped by the store.</param>
    /// <param name="interactions">What was recorded while serving, latest last; capped by the store. Skips are here and not in the history.</param>
    public UserState(IReadOnlyDictionary<string, FeatureValue> features, IReadOnlyList<string> history, IReadOnlyList<Interaction>? interactions = null)
    {
        Features = features;
        History = history;
        Interactions = interactions ?? [];
    }

    public IReadOnlyDictionary<string, FeatureValue> Features { get; }

    public IReadOnlyList<string> History { get; }

    public IReadOnlyList<Interaction> Interactions { get; }

    /// <summary>Changes whenever anything changes that a user tower reads, and is the same on all replicas: an embedding made from another stamp is out of date.</summary>
    public ulong Stamp => _stamp != 0 ? _stamp : _stamp = UserStamp.Of(Features, History);
}
