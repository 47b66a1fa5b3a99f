using ChaosTests.Server;
using Inference.Server.Options;

namespace ChaosTests.Scenarios;

/// <summary>How long the phases of a case last, and what traffic there is meanwhile.</summary>
internal sealed record ChaosPace
{
    /// <value>Traffic before anything breaks that is not measured.</value>
    public TimeSpan WarmUp { get; init; } = TimeSpan.FromMilliseconds(300);

    public TimeSpan Before { get; init; } = TimeSpan.FromMilliseconds(700);

    /// <value>How long it stays broken.</value>
    public TimeSpan During { get; init; } = TimeSpan.FromSeconds(2);

    public TimeSpan After { get; init; } = TimeSpan.FromMilliseconds(700);

    /// <value>How long recovery may take.</value>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(15);

    /// <value>How long a reply of the server waits for Redis.</value>
    public TimeSpan UserStateBudget { get; init; } = TimeSpan.FromMilliseconds(2);

    /// <value>Calls per second.</value>
    public double Rate { get; init; } = 100;

    /// <value>Deadline of each call.</value>
    public TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(2);

    /// <value>How long calls wait for room at most; null for what servers have by themselves.</value>
    public TimeSpan? MaxQueueWait { get; init; }

    /// <summary>Changes the server's options where the pace wants that.</summary>
    public void Configure(InferenceOptions options)
    {
        options.Recommend.UserStateBudget = UserStateBudget;
        if (MaxQueueWait is { } wait)
            options.Admission.MaxQueueWait = wait;
    }

    /// <summary>Short phases, and a deadline, a budget and waits that a busy machine can keep, which may stand still for a second and has all calls of that second to answer then; the budget is still less than the least delay of a case.</summary>
    public static ChaosPace Test { get; } = new() { UserStateBudget = ChaosServer.PatientBudget, MaxQueueWait = TimeSpan.FromMinutes(1), Deadline = TimeSpan.FromSeconds(10) };

    /// <summary>Long phases and a deadline as callers have it.</summary>
    public static ChaosPace Bench { get; } = new()
    {
        WarmUp = TimeSpan.FromSeconds(2),
        Before = TimeSpan.FromSeconds(4),
        During = TimeSpan.FromSeconds(10),
        After = TimeSpan.FromSeconds(2),
        Rate = 200,
        Deadline = TimeSpan.FromMilliseconds(250),
    };
}
