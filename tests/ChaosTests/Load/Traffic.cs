using ChaosTests.Server;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Grpc.Net.Client;
using Inference.Cli.Load;
using Inference.Training.Chance;
using Recsys.V1;

namespace ChaosTests.Load;

/// <summary>
/// Calls a server at a constant rate whether or not it keeps up (an open loop): Recommend for users of the bundle, for newcomers of whom only events are known and for
/// strangers, and RecordEvents. Each call is measured from the moment it was due.
/// </summary>
internal sealed class Traffic : IAsyncDisposable
{
    private readonly TrafficOptions _options;
    private readonly RecommendationService.RecommendationServiceClient _recommendations;
    private readonly EventService.EventServiceClient _events;
    private readonly Pacer _pacer = new(TimeProvider.System);
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _walked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private SeededRandom _random;
    private TrafficPhase _phase;
    private long _inFlight;
    private long _strangers;
    private long _eventIds;

    private Traffic(ChannelBase channel, TrafficOptions options, string firstPhase)
    {
        _options = options;
        _recommendations = new RecommendationService.RecommendationServiceClient(channel);
        _events = new EventService.EventServiceClient(channel);
        _random = new SeededRandom(options.Seed, stream: 1);
        _phase = new TrafficPhase(firstPhase);
    }

    /// <summary>What was recorded.</summary>
    public EventLedger Ledger { get; } = new();

    /// <summary>Starts at once, in a first phase.</summary>
    public static Traffic Start(GrpcChannel channel, TrafficOptions options, string firstPhase)
    {
        var traffic = new Traffic(channel, options, firstPhase);
        new Thread(traffic.Walk) { IsBackground = true, Name = "traffic" }.Start();
        return traffic;
    }

    /// <summary>Counts calls that are due from now on apart.</summary>
    /// <returns>The phase that ended; calls of it may still be on their way.</returns>
    public TrafficPhase Begin(string phase) => Interlocked.Exchange(ref _phase, new TrafficPhase(phase));

    /// <summary>Stops sending and waits for the calls on their way.</summary>
    /// <returns>The last phase.</returns>
    public async Task<TrafficPhase> StopAsync()
    {
        await _stop.CancelAsync();
        await _walked.Task;
        while (Volatile.Read(ref _inFlight) > 0)
            await Task.Delay(TimeSpan.FromMilliseconds(5));
        return _phase;
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stop.Dispose();
    }

    private void Walk()
    {
        try
        {
            _pacer.TakeThread();
            var schedule = new ArrivalSchedule(_options.Rate, Arrivals.Constant, _options.Seed);
            long start = _pacer.Now;
            while (true)
            {
                long due = start + schedule.Next();
                _pacer.WaitUntil(due, _stop.Token);
                if (_stop.IsCancellationRequested)
                    break;
                Send(due, Volatile.Read(ref _phase));
            }

            _walked.SetResult();
        }
        catch (Exception e)
        {
            _walked.SetException(e);
        }
    }

    private void Send(long due, TrafficPhase phase)
    {
        phase.CallDue(_pacer.Now - due);
        Interlocked.Increment(ref _inFlight);
        double draw = _random.NextDouble();
        if (draw < _options.EventShare)
            _ = RecordAsync(NextEvents(), due, phase);
        else if (draw < _options.EventShare + _options.StrangerShare)
            _ = RecommendAsync($"stranger-{_options.Seed}-{++_strangers}", isStranger: true, due, phase);
        else
            _ = RecommendAsync(NextUser(), isStranger: false, due, phase);
    }

    private string NextUser()
    {
        int user = _random.NextInt(ChaosWorld.UserCount + _options.Newcomers);
        return user < ChaosWorld.UserCount ? ChaosWorld.UserId(user) : $"newcomer-{user - ChaosWorld.UserCount}";
    }

    private RecordEventsRequest NextEvents()
    {
        var request = new RecordEventsRequest();
        if (_random.NextDouble() < _options.RepeatShare && Ledger.Earlier(_random.NextDouble()) is { } earlier)
        {
            request.Events.Add(earlier);
            return request;
        }

        string user = NextUser();
        for (int left = 1 + _random.NextInt(2); left > 0; left--)
        {
            request.Events.Add(new Event
            {
                EventId = $"event-{_options.Seed}-{++_eventIds}",
                UserId = user,
                ItemId = ChaosWorld.ItemId(_random.NextInt(ChaosWorld.ItemCount)),
                Type = EventType.Click,
                Time = Timestamp.FromDateTimeOffset(TimeProvider.System.GetUtcNow()),
            });
        }

        return request;
    }

    private async Task RecommendAsync(string user, bool isStranger, long due, TrafficPhase phase)
    {
        try
        {
            using AsyncUnaryCall<RecommendResponse> call = _recommendations.RecommendAsync(new RecommendRequest { UserId = user, Limit = 10 }, deadline: Deadline());
            phase.Answered(await call.ResponseAsync, isStranger, _pacer.Now - due);
        }
        catch (RpcException e)
        {
            phase.CallFailed(e.StatusCode.ToString(), isRecord: false, _pacer.Now - due);
        }
        finally
        {
            Interlocked.Decrement(ref _inFlight);
        }
    }

    private async Task RecordAsync(RecordEventsRequest request, long due, TrafficPhase phase)
    {
        long sent = TimeProvider.System.GetTimestamp();
        Ledger.Send(request.Events);
        try
        {
            using AsyncUnaryCall<RecordEventsResponse> call = _events.RecordEventsAsync(request, deadline: Deadline());
            RecordEventsResponse response = await call.ResponseAsync;
            phase.Recorded(response, _pacer.Now - due);
            if (response.Dropped == 0)
                Ledger.Confirm(request.Events, sent);
        }
        catch (RpcException e)
        {
            phase.CallFailed(e.StatusCode.ToString(), isRecord: true, _pacer.Now - due);
        }
        finally
        {
            Interlocked.Decrement(ref _inFlight);
        }
    }

    private DateTime Deadline() => TimeProvider.System.GetUtcNow().UtcDateTime + _options.Deadline;
}
