using System.Diagnostics.Metrics;
using Grpc.Core;
using Inference.Server.Admission;
using Inference.Server.Failures;
using Inference.Server.Hosting;
using Inference.Server.Options;
using Inference.Server.Services;
using Inference.Towers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Recsys.V1;
using Xunit;

namespace UnitTests.Server.Streams;

public class RecommendationStreamsTests
{
    private const int Slots = 4;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task RunAsync_WithAnswersThatOvertakeEachOther_WritesThemInOrder()
    {
        const int seed = 5;
        var random = new Random(seed);
        int[] yields = [.. Enumerable.Range(0, 500).Select(_ => random.Next(20))];
        var answers = new FakeAnswers();

        await RunAsync(FakeQuestions.Of(500), answers, async (request, _) =>
        {
            for (int i = 0; i < yields[int.Parse(request.UserId)]; i++)
                await Task.Yield();
            return new RecommendResponse();
        });

        Assert.Equal(Enumerable.Range(0, 500).Select(i => $"{i}"), answers.Taken.Select(answer => answer.Cursor));
    }

    [Fact]
    public async Task RunAsync_WithAClientThatDoesNotRead_BeginsNoMoreThanTheSlots()
    {
        var opened = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        FakeQuestions questions = FakeQuestions.Of(100);
        var answers = new FakeAnswers
        {
            Gate = cursor =>
            {
                held.TrySetResult();
                return opened.Task;
            },
        };
        Task running = RunAsync(questions, answers, (_, _) => Task.FromResult(new RecommendResponse()));

        await held.Task.WaitAsync(Patience);
        // Whatever would still be read has work items queued; each turn through the pool lets them run.
        for (int i = 0; i < 1000; i++)
            await Task.Yield();
        Assert.InRange(questions.Read, 1, Slots);
        Assert.InRange(answers.Taken.Count, 1, Slots);

        opened.SetResult();
        await running.WaitAsync(Patience);
        Assert.Equal((100, 100), (questions.Read, answers.Taken.Count));
    }

    [Fact]
    public async Task RunAsync_WithAnAnswerThatIsLongInComing_KeepsNoneBackForIt()
    {
        var last = new TaskCompletionSource<RecommendResponse>(TaskCreationOptions.RunContinuationsAsynchronously);
        var sent = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var answers = new FakeAnswers
        {
            Gate = cursor =>
            {
                if (cursor == $"{Slots - 2}")
                    sent.SetResult();
                return Task.CompletedTask;
            },
        };

        Task running = RunAsync(FakeQuestions.Of(Slots), answers, (request, _) => request.UserId == $"{Slots - 1}" ? last.Task : Task.FromResult(new RecommendResponse()));
        await sent.Task.WaitAsync(Patience);
        Assert.Equal(Slots - 1, answers.Taken.Count);
        last.SetResult(new RecommendResponse());
        await running.WaitAsync(Patience);

        Assert.Equal(($"{Slots - 1}", false), answers.Taken[^1]);
    }

    [Fact]
    public async Task RunAsync_WithAnswersThatAreThere_SendsSomeTogether()
    {
        // A transport that takes its time: meanwhile the next answers are made.
        var answers = new FakeAnswers { Gate = async _ => { for (int i = 0; i < 50; i++) await Task.Yield(); } };
        await RunAsync(FakeQuestions.Of(1000), answers, (_, _) => Task.FromResult(new RecommendResponse())).WaitAsync(Patience);
        Assert.Equal(1000, answers.Taken.Count);
        Assert.Contains(answers.Taken, answer => answer.MayWait);
        Assert.False(answers.Taken[^1].MayWait);
    }

    [Fact]
    public async Task RunAsync_WithLargeAnswers_SendsEachAtOnce()
    {
        var answers = new FakeAnswers();
        string large = new('x', 40_000);
        await RunAsync(FakeQuestions.Of(50), answers, (_, _) => Task.FromResult(new RecommendResponse { RequestId = large }));
        Assert.Equal(50, answers.Taken.Count);
        Assert.DoesNotContain(answers.Taken, answer => answer.MayWait);
    }

    [Fact]
    public async Task RunAsync_WithAnswersThatWaitForEachOther_WorksOnThemAtTheSameTime()
    {
        int begun = 0;
        var all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var answers = new FakeAnswers();
        await RunAsync(FakeQuestions.Of(Slots), answers, async (_, _) =>
        {
            if (Interlocked.Increment(ref begun) == Slots)
                all.SetResult();
            await all.Task;
            return new RecommendResponse();
        }).WaitAsync(Patience);
        Assert.Equal(Slots, answers.Taken.Count);
    }

    [Fact]
    public async Task RunAsync_WithAClientThatIsGone_ReadsNoMore()
    {
        FakeQuestions questions = FakeQuestions.Of(100);
        var answers = new FakeAnswers { Gate = _ => Task.FromException(new IOException("gone")) };
        await Assert.ThrowsAsync<IOException>(() => RunAsync(questions, answers, (_, _) => Task.FromResult(new RecommendResponse())).WaitAsync(Patience));
        Assert.InRange(questions.Read, 1, 2 * Slots);
    }

    [Fact]
    public async Task RunAsync_AtTheLastCall_AnswersWhatWasBegunAndSaysUnavailable()
    {
        var time = TimeProvider.System;
        using var drain = new Drain(new Readiness(), new ServerOptions { DrainTime = TimeSpan.Zero }, time, NullLogger<Drain>.Instance);
        var stopped = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var answers = new FakeAnswers();
        int begun = 0;
        // Before the stream: what was registered last is told first, and its reading has to have ended when answers go on.
        drain.LastCall.Register(stopped.SetResult);
        Task running = RunAsync(FakeQuestions.Of(100), answers, async (_, _) =>
        {
            if (Interlocked.Increment(ref begun) == 2)
                await drain.StoppingAsync(CancellationToken.None);
            await stopped.Task;
            return new RecommendResponse();
        }, drain);

        RpcException end = await Assert.ThrowsAnyAsync<RpcException>(() => running.WaitAsync(Patience));

        Assert.Equal(StatusCode.Unavailable, end.StatusCode);
        Assert.Equal(Volatile.Read(ref begun), answers.Taken.Count);
        Assert.InRange(begun, 2, 2 * Slots);
    }

    private static async Task RunAsync(FakeQuestions questions, FakeAnswers answers, RecommendationStreams.AnswerOne answer, Drain? drain = null)
    {
        var options = new ServerOptions { StreamConcurrency = Slots };
        using Drain own = new(new Readiness(), options, TimeProvider.System, NullLogger<Drain>.Instance);
        var limits = new AdmissionOptions();
        await using ServiceProvider services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var admission = new CallAdmission(limits, new TowerOptions(), new AdmissionMetrics(services.GetRequiredService<IMeterFactory>(), limits), TimeProvider.System);
        var streams = new RecommendationStreams(
            options, new FailureInterceptor(TimeProvider.System, NullLogger<FailureInterceptor>.Instance), drain ?? own, admission, limits, TimeProvider.System);
        await streams.RunAsync(questions, answers, answer, new FakeCall());
    }
}
