using ChaosTests.Load;

namespace ChaosTests.Scenarios;

/// <summary>When a case broke, as timestamps of the system's clock.</summary>
/// <param name="Breaking">When it began to.</param>
/// <param name="Broken">When it was.</param>
internal readonly record struct ChaosMoment(long Breaking, long Broken)
{
    /// <summary>What a replica of Redis may lag behind its master on a busy machine.</summary>
    private static readonly TimeSpan s_lag = TimeSpan.FromMilliseconds(300);

    /// <summary>Whether an event must be in the stream in the end.</summary>
    public bool MustBeInStream(Kept kept, ConfirmedEvent one) => kept switch
    {
        Kept.SinceTheBreak => one.Sent > Broken,
        Kept.AllButTheMoment => one.Sent > Broken || TimeProvider.System.GetElapsedTime(one.Confirmed, Breaking) > s_lag,
        _ => true,
    };
}
