using System.Diagnostics.CodeAnalysis;
using System.Diagnostics.Metrics;
using System.Net;
using Grpc.Core;
using Inference.Server.Admission;
using Inference.Server.Entry;
using Inference.Server.Failures;
using Inference.Towers;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using UnitTests.Testing;
using Xunit;

namespace UnitTests.Server.Admission;

[SuppressMessage("Reliability", "CA2012", Justification = "Entrances are looked at and read once")]
[SuppressMessage("Usage", "xUnit1031", Justification = "Results are read where they are there")]
public sealed class CallAdmissionTests : IDisposable
{
    private readonly ManualTime _time = new();
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly AdmissionOptions _options = new() { MinConcurrency = 1, MaxConcurrency = 1, Threads = 1, MaxCalls = 4 };

    public void Dispose() => _services.Dispose();

    [Fact]
    public void Enter_WithRoom_CostsNoMemory()
    {
        _options.ClientRequestsPerSecond = 1e7;
        CallAdmission admission = NewAdmission();
        HttpContext http = Request("10.0.0.1");
        MethodRule rule = Rule("RecommendationService/Recommend");
        for (int i = 0; i < 100; i++)
            EnterAndLeave();

        Assert.Equal(0, Allocated.Least(() =>
        {
            for (int i = 0; i < 1_000; i++)
                EnterAndLeave();
        }));

        void EnterAndLeave()
        {
            using Entrance entrance = admission.EnterAsync(http, rule).Result;
            Assert.Null(entrance.Refusal);
            Assert.Null(entrance.Permit!.BeginAnswerAsync().Result);
            entrance.Permit!.Answered(isMeasure: true);
        }
    }

    [Fact]
    public void Enter_WhereNoThreadsAreSet_LetsAsManyComputeAsThereAreProcessors()
    {
        (_options.MinConcurrency, _options.MaxConcurrency, _options.Threads, _options.MaxCalls) = (1_000, 1_000, 0, 2_000);
        CallAdmission admission = NewAdmission();
        for (int i = 0; i < Environment.ProcessorCount; i++)
            Assert.True(Enter(admission, "10.0.0.1").IsCompleted);

        Assert.False(Enter(admission, "10.0.0.1").IsCompleted);
    }

    [Fact]
    public void Enter_WithoutRoom_WaitsForItsTurn()
    {
        CallAdmission admission = NewAdmission();
        Entrance first = Enter(admission, "10.0.0.1").Result;
        ValueTask<Entrance> second = Enter(admission, "10.0.0.1");

        Assert.False(second.IsCompleted);
        first.Dispose();

        using Entrance entered = second.AsTask().WaitAsync(TimeSpan.FromSeconds(60)).GetAwaiter().GetResult();
        Assert.Null(entered.Refusal);
        Assert.Equal(1, admission.Room.InFlight);
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData("8m", true)]
    public void Answered_OfCallsThatTakeMostOfTheirTimeout_LowersTheLimit(string? timeout, bool isLowered)
    {
        int processors = Environment.ProcessorCount;
        (_options.MinConcurrency, _options.MaxConcurrency, _options.Threads, _options.MaxCalls) = (1, 400 * processors * processors, 1_000_000, 20 * processors);
        CallAdmission admission = NewAdmission();
        int before = admission.Limit;
        for (int i = 0; i < 300; i++)
            Answer(1, TimeSpan.FromMilliseconds(1));
        Assert.Equal(before, admission.Limit);

        // Six times as long as alone is within the tolerance, and three quarters of the eight milliseconds that there are.
        for (int i = 0; i < 100; i++)
            Answer(12 * processors, TimeSpan.FromMilliseconds(6));
        Assert.Equal(isLowered, admission.Limit < before);

        void Answer(int calls, TimeSpan time)
        {
            Entrance[] entered = [.. Enumerable.Range(0, calls).Select(_ => Enter(admission, "10.0.0.1", timeout: timeout)).Where(entering => entering.IsCompleted).Select(entering => entering.Result).Where(entrance => entrance.Permit is not null)];
            _time.Advance(time);
            foreach (Entrance entrance in entered)
            {
                entrance.Permit!.Answered(isMeasure: true);
                entrance.Dispose();
            }
        }
    }

    [Fact]
    public void Enter_OfAMessageThatIsNotThere_HoldsNoRoomUntilItIs()
    {
        CallAdmission admission = NewAdmission();
        using Entrance slow = Enter(admission, "10.0.0.1").Result;
        slow.LeaveThread();
        using Entrance quick = Enter(admission, "10.0.0.1").Result;

        Assert.Null(quick.Refusal);
        ValueTask<Failure?> begun = slow.Permit!.BeginAnswerAsync();
        Assert.False(begun.IsCompleted);
        quick.Permit!.Answered(isMeasure: true);
        Assert.Null(begun.AsTask().WaitAsync(TimeSpan.FromSeconds(60)).GetAwaiter().GetResult());
        Assert.Equal(1, admission.Room.InFlight);
    }

    [Fact]
    public void Enter_BeyondAllCalls_IsRefusedAtOnceWithATimeToRetry()
    {
        _options.MaxCalls = 2;
        CallAdmission admission = NewAdmission();
        using Entrance first = Enter(admission, "10.0.0.1", "RecommendationService/RecommendStream").Result;
        using Entrance second = Enter(admission, "10.0.0.1", "RecommendationService/RecommendStream").Result;

        Failure refusal = Enter(admission, "10.0.0.2").Result.Refusal!;

        Assert.Equal((StatusCode.Unavailable, "OVERLOADED"), (refusal.Code, refusal.Reason));
        Assert.InRange(refusal.RetryDelay!.Value, TimeSpan.FromMilliseconds(50), TimeSpan.FromMilliseconds(166));
        Assert.Equal(2, admission.InFlight);
        // What operators do needs no room; its streams have their own.
        Assert.Null(Enter(admission, "10.0.0.2", "ModelService/Status").Result.Refusal);
        using Entrance watch = admission.EnterAsync(Request("10.0.0.2"), MethodRules.Find("/grpc.health.v1.Health/Watch")!).Result;
        Assert.Null(watch.Refusal);
    }

    [Fact]
    public void Enter_OfTooManyWatchers_IsRefused()
    {
        _options.MaxControlStreams = 1;
        CallAdmission admission = NewAdmission();
        MethodRule watch = MethodRules.Find("/grpc.health.v1.Health/Watch")!;
        Entrance first = admission.EnterAsync(Request("10.0.0.2"), watch).Result;

        Assert.Equal("OVERLOADED", admission.EnterAsync(Request("10.0.0.2"), watch).Result.Refusal?.Reason);
        first.Dispose();
        Assert.Null(admission.EnterAsync(Request("10.0.0.2"), watch).Result.Refusal);
    }

    [Fact]
    public void Enter_WithADeadlineBeforeItsTurn_IsRefused()
    {
        CallAdmission admission = NewAdmission();
        using Entrance first = Enter(admission, "10.0.0.1").Result;

        Assert.Equal("OVERLOADED", Enter(admission, "10.0.0.1", timeout: "0m").Result.Refusal?.Reason);
        Assert.False(Enter(admission, "10.0.0.1", timeout: "1S").IsCompleted);
    }

    [Fact]
    public void Enter_BeyondTheQuotaOfAClient_RefusesThatClientAlone()
    {
        _options.MinConcurrency = _options.MaxConcurrency = _options.Threads = 100;
        _options.MaxCalls = 100;
        _options.ClientRequestsPerSecond = 2;
        CallAdmission admission = NewAdmission();
        for (int i = 0; i < 2; i++)
            Assert.Null(Enter(admission, "10.0.0.1").Result.Refusal);

        Failure refusal = Enter(admission, "10.0.0.1").Result.Refusal!;

        Assert.Equal((StatusCode.ResourceExhausted, "QUOTA_EXCEEDED"), (refusal.Code, refusal.Reason));
        Assert.InRange(refusal.RetryDelay!.Value, TimeSpan.FromMilliseconds(500), TimeSpan.FromMilliseconds(551));
        Assert.Null(Enter(admission, "10.0.0.2").Result.Refusal);
        // A client with a name and a quota of its own is no address.
        var named = new Caller("shop", Roles.Serve) { Quota = new QuotaOptions { MaxConcurrent = 1 } };
        Entrance only = Enter(admission, "10.0.0.1", caller: named).Result;
        Assert.Null(only.Refusal);
        Assert.Equal("QUOTA_EXCEEDED", Enter(admission, "10.0.0.3", caller: named).Result.Refusal?.Reason);
        only.Dispose();
        Assert.Null(Enter(admission, "10.0.0.3", caller: named).Result.Refusal);
        _time.Advance(refusal.RetryDelay!.Value);
        Assert.Null(Enter(admission, "10.0.0.1").Result.Refusal);
    }

    [Fact]
    public void Enter_WithoutRoomWherePopularityAnswers_IsAnsweredUpToTheCeiling()
    {
        _options.QueueLength = 0;
        _options.Overflow = OverflowAnswer.Popularity;
        _options.MaxOverflow = 1;
        CallAdmission admission = NewAdmission();
        using Entrance first = Enter(admission, "10.0.0.1").Result;
        Entrance second = Enter(admission, "10.0.0.1").Result;

        Assert.False(first.Permit!.IsOverflow);
        Assert.True(second.Permit!.IsOverflow);
        Assert.NotNull(Enter(admission, "10.0.0.1").Result.Refusal);
        Assert.NotNull(Enter(admission, "10.0.0.1", "RecommendationService/SimilarItems").Result.Refusal);
        second.Dispose();
        Assert.True(Enter(admission, "10.0.0.1").Result.Permit!.IsOverflow);
    }

    [Fact]
    public void Sweep_CutsOffCallsWhoseMessageDoesNotCome()
    {
        CallAdmission admission = NewAdmission();
        var life = new AbortedRequest();
        HttpContext http = Request("10.0.0.1");
        http.Features.Set<Microsoft.AspNetCore.Http.Features.IHttpRequestLifetimeFeature>(life);
        using Entrance slow = admission.EnterAsync(http, Rule("RecommendationService/Recommend")).Result;
        slow.LeaveThread();
        using Entrance stream = Enter(admission, "10.0.0.1", "RecommendationService/RecommendStream").Result;

        _time.Advance(TimeSpan.FromSeconds(9));
        admission.Sweep();
        Assert.False(life.IsAborted);
        _time.Advance(TimeSpan.FromSeconds(2));
        admission.Sweep();

        Assert.True(life.IsAborted);
        Assert.NotNull(slow.Permit!.BeginAnswerAsync().Result);
    }

    [Fact]
    public void Pressure_GrowsWithWhatIsRefused_AndHasEpisodes()
    {
        var pressure = new Pressure();
        DateTimeOffset now = _time.GetUtcNow();

        Assert.Equal(Pressure.Change.None, pressure.Tick(now));
        pressure.Admitted();
        pressure.Refused();
        Assert.Equal(Pressure.Change.Began, pressure.Tick(now));
        Assert.InRange(pressure.RefusedShare, 0.1, 0.5);
        pressure.Refused();
        Assert.Equal(Pressure.Change.None, pressure.Tick(now.AddSeconds(5)));
        Assert.Equal(Pressure.Change.None, pressure.Tick(now.AddSeconds(14)));
        Assert.Equal(Pressure.Change.Ended, pressure.Tick(now.AddSeconds(15)));
        Assert.Equal((TimeSpan.FromSeconds(5), 2), pressure.Episode);
        pressure.Close();
        Assert.Equal(Pressure.Change.None, pressure.Tick(now.AddSeconds(30)));
    }

    [Fact]
    public void RetryLater_GivesAtLeastWhatIsAsked_AndTheSameObjectAgain()
    {
        var later = new RetryLater(StatusCode.Unavailable, "OVERLOADED", "", TimeSpan.FromMilliseconds(50));
        for (double asked = 1; asked < 60_000; asked *= 1.03)
        {
            Failure failure = later.After(TimeSpan.FromMilliseconds(asked));
            Assert.Same(failure, later.After(TimeSpan.FromMilliseconds(asked)));
            Assert.InRange(failure.RetryDelay!.Value.TotalMilliseconds, Math.Max(50, asked - 0.001), Math.Max(50, (asked * 1.1) + 1));
        }
    }

    [Fact]
    public void Sheds_AreCountedByClassAndReason()
    {
        var metrics = new AdmissionMetrics(_services.GetRequiredService<IMeterFactory>(), _options);
        var seen = new List<string>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, one) =>
        {
            if (instrument.Name == "recsys.admission.shed" && instrument.Meter.Scope == _services.GetRequiredService<IMeterFactory>())
                one.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((_, count, attributes, _) => seen.Add($"{count} {string.Join(' ', attributes.ToArray().Select(attribute => attribute.Value))}"));
        listener.Start();
        listener.RecordObservableInstruments();
        Assert.Empty(seen);

        metrics.Shed(isBulk: false, ShedReason.Calls);
        metrics.Shed(isBulk: false, ShedReason.PushedOut);
        metrics.Shed(isBulk: true, ShedReason.QueueFull);
        metrics.Shed(isBulk: true, ShedReason.QueueFull);
        metrics.Shed(isBulk: false, ShedReason.Deadline);
        metrics.Shed(isBulk: false, ShedReason.Wait);
        metrics.Shed(isBulk: true, ShedReason.Expired);
        listener.RecordObservableInstruments();

        Assert.Equal(["1 bulk expired", "1 interactive calls", "1 interactive deadline", "1 interactive pushed_out", "1 interactive wait", "2 bulk queue_full"], seen.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("100m", 100.0)]
    [InlineData("2S", 2_000.0)]
    [InlineData("99999999H", 99_999_999.0 * 3_600_000)]
    [InlineData("1500u", 1.5)]
    [InlineData("2000000n", 2.0)]
    [InlineData("", null)]
    [InlineData("m", null)]
    [InlineData("-1m", null)]
    [InlineData("1 m", null)]
    [InlineData("100000000m", null)]
    [InlineData("5x", null)]
    public void CallTimeout_ReadsWhatGrpcWrites(string text, double? milliseconds) =>
        Assert.Equal(milliseconds, CallTimeout.TryParse(text, out TimeSpan timeout) ? timeout.TotalMilliseconds : null);

    private CallAdmission NewAdmission() => new(_options, new TowerOptions(), new AdmissionMetrics(_services.GetRequiredService<IMeterFactory>(), _options), _time);

    private static ValueTask<Entrance> Enter(CallAdmission admission, string address, string method = "RecommendationService/Recommend", string? timeout = null, Caller? caller = null) =>
        admission.EnterAsync(Request(address, timeout, caller), Rule(method));

    private static MethodRule Rule(string method) => MethodRules.Find($"/recsys.v1.{method}")!;

    private static DefaultHttpContext Request(string address, string? timeout = null, Caller? caller = null)
    {
        var http = new DefaultHttpContext();
        http.Connection.RemoteIpAddress = IPAddress.Parse(address);
        if (timeout is not null)
            http.Request.Headers.GrpcTimeout = timeout;
        if (caller is not null)
            http.Features.Set(caller);
        return http;
    }

    private sealed class AbortedRequest : Microsoft.AspNetCore.Http.Features.IHttpRequestLifetimeFeature
    {
        public bool IsAborted { get; private set; }

        public CancellationToken RequestAborted { get; set; }

        public void Abort() => IsAborted = true;
    }
}
