namespace Inference.Training.Splits;

/// <summary>How raw events are split.</summary>
public sealed record ColdSplitOptions
{
    /// <summary><see cref="SplitTimes.Time"/> (the default), for events with a clock; <see cref="SplitTimes.Arrival"/> for those whose times only order a user's events.</summary>
    public string Mode { get; init; } = SplitTimes.Time;

    /// <summary>Mode time: when the validation part begins, in seconds since 1970; null for the time that 80 % of the events lie before.</summary>
    public long? Validation { get; init; }

    /// <summary>Mode time: when the test part begins, in seconds since 1970; null for the time that 90 % of the events lie before.</summary>
    public long? Test { get; init; }
}
