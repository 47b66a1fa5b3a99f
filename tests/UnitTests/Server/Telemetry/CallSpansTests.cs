using System.Diagnostics;
using Inference.Recommendations;
using Inference.Server.Options;
using Inference.Server.Telemetry;
using Microsoft.AspNetCore.Http;
using UnitTests.Testing;
using Xunit;

namespace UnitTests.Server.Telemetry;

/// <summary>Which calls have spans, and that all others allocate nothing for them.</summary>
[Collection(nameof(Activities))]
public sealed class CallSpansTests
{
    private const string Sampled = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", NotSampled = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";

    private static readonly CallTags Tags = new("package.Service/Method");

    [Fact]
    public void Start_WithoutListener_AllocatesNothingAndBeginsNothing()
    {
        var spans = new CallSpans(new TelemetryOptions { TraceSampling = 1 });
        HttpContext context = ContextOf(Sampled);

        Assert.Null(spans.Start(context, Tags));
        Assert.Equal(0, AllocatedBy(() => spans.Start(context, Tags)));
    }

    [Fact]
    public void Start_OfACallThatIsNotChosen_AllocatesNothing()
    {
        using ActivityListener listener = Listen();
        var spans = new CallSpans(new TelemetryOptions { TraceSampling = 0 });
        HttpContext context = ContextOf(null);

        Assert.Null(spans.Start(context, Tags));
        Assert.Equal(0, AllocatedBy(() => spans.Start(context, Tags)));
    }

    [Theory]
    [InlineData(Sampled, 0, true)]
    [InlineData(NotSampled, 1, false)]
    [InlineData(null, 1, true)]
    [InlineData("not a trace", 1, true)]
    [InlineData("not a trace", 0, false)]
    public void Start_FollowsTheCallersDecision_ElseTheShare(string? parent, double share, bool isTraced)
    {
        using ActivityListener listener = Listen();
        using Activity? span = new CallSpans(new TelemetryOptions { TraceSampling = share }).Start(ContextOf(parent), Tags);

        Assert.Equal(isTraced, span is not null);
        if (isTraced && parent == Sampled)
            Assert.Equal(("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"), (span!.TraceId.ToHexString(), span.ParentSpanId.ToHexString()));
    }

    [Theory]
    [InlineData(0.01)]
    [InlineData(0.3)]
    public void Start_OfManyCalls_ChoosesTheShare(double share)
    {
        using ActivityListener listener = Listen();
        var spans = new CallSpans(new TelemetryOptions { TraceSampling = share });
        HttpContext context = ContextOf(null);
        int chosen = 0;
        for (int i = 0; i < 20_000; i++)
        {
            using Activity? span = spans.Start(context, Tags);
            chosen += span is null ? 0 : 1;
        }

        // Four standard deviations.
        Assert.InRange(chosen / 20_000.0, share - (4 * Math.Sqrt(share * (1 - share) / 20_000)), share + (4 * Math.Sqrt(share * (1 - share) / 20_000)));
    }

    /// <summary>The framework begins an activity of its own where request logging is on; that must not become the parent of what nobody sent.</summary>
    [Fact]
    public void Start_BelowAnActivityThatNobodyRecords_IsARoot()
    {
        using ActivityListener listener = Listen();
        using Activity frameworks = new Activity("Microsoft.AspNetCore.Hosting.HttpRequestIn").Start();

        using Activity? span = new CallSpans(new TelemetryOptions { TraceSampling = 1 }).Start(ContextOf(null), Tags);

        Assert.Equal(default, span!.ParentSpanId);
        Assert.True(span.Recorded);
    }

    [Fact]
    public void Begin_OutsideARecordedSpan_AllocatesNothing()
    {
        using var source = new ActivitySource("Inference.Tests");
        using ActivityListener listener = Listen();

        Assert.Null(Spans.Begin(source, "part"));
        Assert.Equal(0, AllocatedBy(() => Spans.Begin(source, "part")));
        using Activity unrecorded = new Activity("framework").Start();
        Assert.Null(Spans.Begin(source, "part"));
        Assert.Equal(0, AllocatedBy(() => Spans.Begin(source, "part")));
    }

    [Fact]
    public void Begin_InsideARecordedSpan_BeginsBelowIt_AndAfterItsEndNoMore()
    {
        using var source = new ActivitySource("Inference.Tests");
        using ActivityListener listener = Listen();
        Activity call = source.StartActivity("call")!;

        using (Activity? part = Spans.Begin(source, "part"))
            Assert.Equal(call.SpanId, part!.ParentSpanId);
        Activity.Current = call;
        Assert.True(Spans.AreWanted(source));
        call.Stop();
        Assert.False(Spans.AreWanted(source));
    }

    private static ActivityListener Listen()
    {
        var listener = new ActivityListener { ShouldListenTo = source => source.Name is "Inference.Server" or "Inference.Tests", Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded };
        ActivitySource.AddActivityListener(listener);
        return listener;
    }

    private static DefaultHttpContext ContextOf(string? parent)
    {
        var context = new DefaultHttpContext();
        if (parent is not null)
            context.Request.Headers.TraceParent = parent;
        // What the first look at the headers makes is not the span's.
        _ = context.Request.Headers.TraceState;
        return context;
    }

    private static long AllocatedBy(Func<Activity?> start)
    {
        for (int i = 0; i < 100; i++)
            start();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
            start();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }
}

/// <summary>Tests that listen to activities, one after another.</summary>
[CollectionDefinition(nameof(Activities), DisableParallelization = true)]
public sealed class Activities;
