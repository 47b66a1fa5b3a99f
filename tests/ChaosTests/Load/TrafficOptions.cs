namespace ChaosTests.Load;

/// <summary>What traffic a server gets.</summary>
internal sealed record TrafficOptions
{
    /// <value>Calls per second, at equal distances.</value>
    public double Rate { get; init; } = 100;

    /// <value>Deadline of each call.</value>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(1);

    /// <value>Share of the calls that record events, in [0, 1].</value>
    public double EventShare { get; init; } = 0.25;

    /// <value>Share of the calls that ask for users whom nobody has seen, in [0, 1]; each comes once.</value>
    public double StrangerShare { get; init; } = 0.25;

    /// <value>Share of the recording calls that send an event a second time, in [0, 1].</value>
    public double RepeatShare { get; init; } = 0.05;

    /// <value>Users without a place in the bundle, of whom only events are known.</value>
    public int Newcomers { get; init; } = 50;

    /// <value>Names the chance.</value>
    public ulong Seed { get; init; } = 1;
}
