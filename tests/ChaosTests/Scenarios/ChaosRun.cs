using ChaosTests.Load;
using ChaosTests.Server;
using Recsys.V1;
using RedisRig;

namespace ChaosTests.Scenarios;

/// <summary>
/// Runs one case against a server of its own:
/// <list type="number">
/// <item>traffic, undisturbed</item>
/// <item>break; traffic goes on</item>
/// <item>mend; wait until a stranger's answer has no label, and until an event recorded after the mending has reached the stream</item>
/// <item>traffic, undisturbed again; stop</item>
/// <item>compare Redis with what was confirmed, by the eyes of a second server that has just started and knows nothing else</item>
/// </list>
/// </summary>
internal sealed class ChaosRun
{
    private readonly ChaosRig _rig;
    private readonly ChaosPace _pace;
    private readonly TimeProvider _time = TimeProvider.System;
    private long _probes;

    private ChaosRun(ChaosRig rig, ChaosPace pace)
    {
        _rig = rig;
        _pace = pace;
    }

    /// <exception cref="TimeoutException">It did not recover within the pace's patience.</exception>
    public static async Task<ChaosResult> RunAsync(ChaosCase chaos, ChaosWorld world, ChaosPace pace)
    {
        await using ChaosRig rig = await ChaosRig.StartAsync(chaos, world, pace);
        return await new ChaosRun(rig, pace).RunAsync(chaos);
    }

    private async Task<ChaosResult> RunAsync(ChaosCase chaos)
    {
        // :: Step 1: undisturbed.
        await UnlabelledAsync();
        await using Traffic traffic = Traffic.Start(_rig.Server.Channel, new TrafficOptions { Rate = _pace.Rate, Deadline = _pace.Deadline, Seed = 1 }, "warm-up");
        await Task.Delay(_pace.WarmUp);
        traffic.Begin("before");
        await Task.Delay(_pace.Before);

        // :: Step 2: broken.
        TrafficPhase before = traffic.Begin("breaking");
        long breaking = _time.GetTimestamp();
        await chaos.Break(_rig);
        TrafficPhase breakingPhase = traffic.Begin("during");
        long broken = _time.GetTimestamp();
        await GoOnAsync(chaos);
        TrafficPhase during = traffic.Begin("recovering");
        await EndedAsync(during);

        // :: Step 3: mended.
        long mending = _time.GetTimestamp();
        if (chaos.Mend is { } mend)
            await mend(_rig);
        long mended = _time.GetTimestamp();
        Task<TimeSpan> events = MarkedAsync(mended);
        await UnlabelledAsync();
        TimeSpan readsRecovered = _time.GetElapsedTime(mended);
        TimeSpan eventsRecovered = await events;

        // :: Step 4: undisturbed again.
        TrafficPhase recovering = traffic.Begin("after");
        await Task.Delay(_pace.After);
        TrafficPhase after = await traffic.StopAsync();

        // :: Step 5: what there is in the end.
        IReadOnlyList<ConfirmedEvent> confirmed = traffic.Ledger.Confirmed;
        var moment = new ChaosMoment(breaking, broken);
        IReadOnlyList<string> lost = await StreamAudit.MissingAsync(_rig, [.. confirmed.Where(one => moment.MustBeInStream(chaos.Kept, one))], _pace.Patience);
        await using ChaosServer witness = await ChaosServer.StartAsync(_rig.World, _rig.WitnessConfiguration, _pace.Configure);
        return new ChaosResult
        {
            Case = chaos,
            Before = before,
            Breaking = breakingPhase,
            During = during,
            Recovering = recovering,
            After = after,
            ReadsRecovered = readsRecovered,
            EventsRecovered = eventsRecovered,
            Events = confirmed.Count,
            EventsDuring = confirmed.Count(one => one.Confirmed > broken && one.Confirmed < mending),
            Lost = lost,
            WrongHistories = await HistoryAudit.DifferencesAsync(_rig.Server, witness, traffic.Ledger, chaos.Kept, moment),
            NotUsed = await new UseAudit(_rig, witness, _pace.Patience).RunAsync(),
        };
    }

    private async Task GoOnAsync(ChaosCase chaos)
    {
        if (chaos.Meanwhile is not { } meanwhile)
        {
            await Task.Delay(_pace.During);
            return;
        }

        using var stop = new CancellationTokenSource(_pace.During);
        try
        {
            await meanwhile(_rig, stop.Token);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // That is how it ends.
        }
    }

    private Task EndedAsync(TrafficPhase phase) =>
        Until.TrueAsync(() => Task.FromResult(phase.Ended == phase.Due), _pace.Deadline + _pace.Patience, () => $"Calls did not end: {phase}");

    /// <summary>Waits until a user whom nobody has seen is answered without a label.</summary>
    private Task UnlabelledAsync() => Until.TrueAsync(
        async () => (await _rig.Server.RecommendAsync($"probe-{++_probes}")).Degraded.All(static label => label.Component != Inference.Recommendations.Queries.Components.UserState),
        _pace.Patience,
        () => $"Answers are labelled still.\n{_rig.Server.Log}");

    /// <summary>Records an event and waits until it is in the stream.</summary>
    private async Task<TimeSpan> MarkedAsync(long since)
    {
        Event mark = Clicks.On($"mark-{since}", "marker", ChaosWorld.ItemId(0));
        // Ids of the stream begin with the time in ms; what waited during the outage arrives from now on.
        string after = $"{_time.GetUtcNow().AddSeconds(-1).ToUnixTimeMilliseconds()}-0";
        await _rig.Server.Events.RecordEventsAsync(new RecordEventsRequest { Events = { mark } });
        bool found = false;
        await Until.TrueAsync(
            async () =>
            {
                (found, after) = await StreamAudit.FindAsync(_rig, mark.EventId, after);
                return found;
            },
            _pace.Patience,
            () => "An event recorded after the mending did not reach the stream.");
        return _time.GetElapsedTime(since);
    }
}
