namespace Inference.Training.Splits;

/// <summary>How a split was cut.</summary>
/// <param name="Mode">"time": at two points of time for everybody; "arrival": training, validation and test users by the time of their first event, cold items by their hash.</param>
/// <param name="Validation">Mode time: when the validation part begins, in seconds since 1970; else null.</param>
/// <param name="Test">Mode time: when the test part begins, in seconds since 1970; else null.</param>
public sealed record SplitTimes(string Mode, long? Validation, long? Test)
{
    public const string Time = "time";
    public const string Arrival = "arrival";
}
