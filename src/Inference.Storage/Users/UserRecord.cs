using Inference.Recommendations.Features;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Users;
using Inference.Storage.Caching;

namespace Inference.Storage.Users;

/// <summary>What memory holds of one user, beside the bundle. Immutable but for the state that is built from it when it is asked for.</summary>
internal sealed class UserRecord
{
    private Built? _built;

    /// <summary>Of a user that nothing is known of.</summary>
    public static UserRecord Blank { get; } = new() { Interactions = InteractionLog.Empty };

    /// <summary>Recorded interactions, those that the store lacks as yet included.</summary>
    public required InteractionLog Interactions { get; init; }

    /// <summary>Stored features; null when there are none.</summary>
    public IReadOnlyDictionary<string, FeatureValue>? Features { get; init; }

    /// <summary>Whether the store keeps the user forgotten.</summary>
    public bool IsForgotten { get; init; }

    /// <summary>Whether what is under the former key, if there is one, was moved.</summary>
    public bool IsMoved { get; init; }

    /// <summary>Why the store could not be asked the last time; <see cref="StoreFailure.None"/> when it could.</summary>
    public StoreFailure Failure { get; init; }

    /// <summary>Until which timestamp the store is not asked again.</summary>
    public long GoodUntil { get; init; }

    /// <summary>How many times the store had come back when it was asked.</summary>
    public int Era { get; init; }

    /// <summary>SHA-1 of what the store holds when that is damaged, in lower-case hexadecimal; else "".</summary>
    public string Damage { get; init; } = "";

    /// <summary>Whether nothing is known that the bundle does not know.</summary>
    public bool IsBlank => Interactions.Count == 0 && Features is null && !IsForgotten;

    /// <summary>Bytes of memory that it holds, the state that can be built from it included; not the bundle's own.</summary>
    public int WeightOver(UserState? bundle)
    {
        long weight = CacheWeights.Object + 56 + CacheWeights.Object + 16;
        if (Interactions.Count > 0)
            weight += Interactions.Weight + CacheWeights.Object + 32 + CacheWeights.OfArray<string>(Interactions.Count + (bundle?.History.Count ?? 0));
        if (Features is not null)
        {
            foreach ((string name, FeatureValue value) in Features)
                weight += 64 + CacheWeights.Of(name) + WeightOf(value);
        }

        return (int)Math.Min(weight, int.MaxValue);
    }

    /// <summary>A copy with other interactions.</summary>
    public UserRecord With(InteractionLog interactions) => new()
    {
        Interactions = interactions,
        Features = Features,
        IsForgotten = IsForgotten,
        IsMoved = IsMoved,
        Failure = Failure,
        GoodUntil = GoodUntil,
        Era = Era,
        Damage = Damage,
    };

    /// <summary>A copy whose former key was seen to.</summary>
    public UserRecord Moved() => new()
    {
        Interactions = Interactions,
        Features = Features,
        IsForgotten = IsForgotten,
        IsMoved = true,
        Failure = Failure,
        GoodUntil = GoodUntil,
        Era = Era,
        Damage = Damage,
    };

    /// <summary>A copy that is not to be asked for again until a while after a failure.</summary>
    public UserRecord After(StoreFailure failure, long until, int era) => new()
    {
        Interactions = Interactions,
        Features = Features,
        IsForgotten = IsForgotten,
        IsMoved = IsMoved,
        Failure = failure,
        GoodUntil = until,
        Era = era,
        Damage = Damage,
    };

    /// <summary>The state over the bundle's; null when nothing is known of the user. Allocates nothing the second time.</summary>
    /// <param name="bundle">What the bundle knows of the user; null when nothing.</param>
    public UserState? StateOver(UserState? bundle)
    {
        if (IsForgotten)
            return null;
        if (IsBlank)
            return bundle;
        if (_built is { } built && UserState.AreSame(built.Bundle, bundle))
            return built.State;
        var state = new UserState(FeaturesOver(bundle), HistoryAfter(bundle), Interactions);
        _built = new Built(bundle, state);
        return state;
    }

    private static long WeightOf(in FeatureValue value) => value.Kind switch
    {
        FeatureKind.Text => CacheWeights.Of(value.Text),
        FeatureKind.TextList => value.TextList.Sum(text => 8L + CacheWeights.Of(text)),
        FeatureKind.IntegerList => CacheWeights.OfArray<long>(value.IntegerList.Count),
        FeatureKind.NumberList => CacheWeights.OfArray<double>(value.NumberList.Count),
        _ => 0,
    };

    private IReadOnlyDictionary<string, FeatureValue> FeaturesOver(UserState? bundle)
    {
        if (Features is null)
            return bundle?.Features ?? FeatureSet.None;
        if (bundle is not { Features.Count: > 0 })
            return Features;
        var features = new Dictionary<string, FeatureValue>(bundle.Features, StringComparer.Ordinal);
        foreach ((string name, FeatureValue value) in Features)
            features[name] = value;
        return features;
    }

    private IReadOnlyList<string> HistoryAfter(UserState? bundle)
    {
        IReadOnlyList<string> before = bundle?.History ?? [];
        int touched = 0;
        foreach (ref readonly Interaction interaction in Interactions.Items)
            touched += interaction.Type == InteractionType.Skip ? 0 : 1;
        if (touched == 0)
            return before;
        var later = new string[touched];
        int count = 0;
        foreach (ref readonly Interaction interaction in Interactions.Items)
        {
            if (interaction.Type != InteractionType.Skip)
                later[count++] = interaction.ItemId;
        }

        return before is ItemHistory stored ? stored.With(later) : (string[])[.. before, .. later];
    }

    private sealed record Built(UserState? Bundle, UserState State);
}
