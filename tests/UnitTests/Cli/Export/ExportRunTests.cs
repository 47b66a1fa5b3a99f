using System.Collections.Concurrent;
using System.Threading.Channels;
using Grpc.Core;
using Inference.Cli.Export;
using Inference.Cli.Frame;
using Recsys.V1;
using UnitTests.Testing;
using Xunit;

namespace UnitTests.Cli.Export;

/// <summary>How long an export waits, and for what, by a clock that is moved and a server that is made at the level of calls.</summary>
public sealed class ExportRunTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30), GiveUpAfter = TimeSpan.FromMinutes(5);

    private readonly string _folder = Directory.CreateTempSubdirectory("export-run-").FullName;
    private readonly ManualTime _time = new();
    private readonly ScriptedStreams _server = new();
    private readonly BlockingCollection<string?> _lines = [];
    private readonly StringWriter _told = new();
    private readonly ExportTally _tally = new();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>Nobody is asked about for most of the patience; whoever comes then has all of it.</summary>
    [Fact]
    public async Task RunAsync_WithAUserWhoComesLate_WaitsFromThen()
    {
        Task run = StartAsync();
        ScriptedStreams.Call first = await _server.NextAsync();
        await UntilAsync(() => _time.ActiveTimers > 0);
        _time.Advance(TimeSpan.FromSeconds(25));
        _lines.Add("u1");
        string cursor = await first.Asked.Reader.ReadAsync();

        _time.Advance(TimeSpan.FromSeconds(20));
        first.Answers.Writer.TryWrite(new RecommendStreamResponse { Cursor = cursor, Response = new RecommendResponse() });
        await EndAsync(first);

        await run;
        Assert.Equal((1L, 0), (_tally.Written, _tally.Reconnects));
    }

    [Fact]
    public async Task RunAsync_WithoutAnAnswer_BeginsAnewWhenItsPatienceIsOver()
    {
        Task run = StartAsync();
        ScriptedStreams.Call first = await _server.NextAsync();
        _lines.Add("u1");
        await first.Asked.Reader.ReadAsync();
        await UntilAsync(() => _time.ActiveTimers > 0);

        // The wait may have begun before the user came; then it goes on for what is left.
        for (int seconds = 0; seconds < 60 && _tally.Reconnects == 0; seconds += 30)
        {
            _time.Advance(Patience);
            await UntilAsync(() => _tally.Reconnects > 0 || _time.ActiveTimers > 0);
        }

        await UntilAsync(() => _tally.Reconnects == 1 && _time.ActiveTimers > 0);
        _time.Advance(TimeSpan.FromSeconds(1));
        ScriptedStreams.Call second = await _server.NextAsync();
        string cursor = await second.Asked.Reader.ReadAsync();
        second.Answers.Writer.TryWrite(new RecommendStreamResponse { Cursor = cursor, Response = new RecommendResponse() });
        await EndAsync(second);

        await run;
        Assert.Equal(1, _tally.Written);
    }

    /// <summary>An hour without anybody to ask about is no hour in which the server was away.</summary>
    [Fact]
    public async Task RunAsync_WithABreakAfterALongQuiet_TriesAgain()
    {
        Task run = StartAsync();
        ScriptedStreams.Call first = await _server.NextAsync();
        for (int minutes = 0; minutes < 60; minutes += 10)
        {
            await UntilAsync(() => _time.ActiveTimers > 0);
            _time.Advance(TimeSpan.FromMinutes(10));
        }

        first.Answers.Writer.Complete(new RpcException(new Status(StatusCode.Unavailable, "gone")));
        await UntilAsync(() => run.IsCompleted || (_tally.Reconnects == 1 && _time.ActiveTimers > 0));
        _time.Advance(TimeSpan.FromSeconds(1));
        await EndAsync(await _server.NextAsync());

        await run;
        Assert.True(_tally.IsComplete);
    }

    [Fact]
    public async Task RunAsync_WithNothingButBreaks_GivesUp()
    {
        Task run = StartAsync();
        TimeSpan waited = TimeSpan.Zero;
        for (int tries = 1; !run.IsCompleted; tries++)
        {
            (await _server.NextAsync()).Answers.Writer.Complete(new RpcException(new Status(StatusCode.Unavailable, "gone")));
            await UntilAsync(() => run.IsCompleted || (_tally.Reconnects == tries && _time.ActiveTimers > 0));
            _time.Advance(TimeSpan.FromSeconds(10));
            waited += TimeSpan.FromSeconds(10);
            Assert.True(waited <= GiveUpAfter + TimeSpan.FromSeconds(20), $"It still tries after {waited}.");
        }

        await Assert.ThrowsAsync<CommandFailedException>(() => run);
        Assert.True(waited >= GiveUpAfter - TimeSpan.FromSeconds(20), $"It gave up after {waited}.");
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        for (int i = 0; !condition(); i++)
        {
            Assert.True(i < 6_000, "It does not come to that.");
            await Task.Delay(10);
        }
    }

    private Task StartAsync()
    {
        var question = new ExportQuestion { Limit = 1, Surface = "", Filter = "", Context = [], Explain = false, IncludeSeen = false, ModelVersion = "" };
        var users = UserSource.OfPipe(new CollectionReader(_lines), question, "run");
        var stream = new ExportStream(new RecommendationService.RecommendationServiceClient(_server), users, window: 4, Patience, _time);
        var format = new JsonLines();
        var file = ExportFile.Create(Path.Combine(_folder, "slates.jsonl"), format);
        return Task.Run(async () =>
        {
            using (file)
                await new ExportRun(stream, file, format, _tally, TimeSpan.FromSeconds(1), GiveUpAfter, new CommandHost(_told, _told, isTerminal: false, _time)).RunAsync(CancellationToken.None);
        });
    }

    /// <summary>The list of users ends, and then the stream.</summary>
    private async Task EndAsync(ScriptedStreams.Call call)
    {
        _lines.Add(null);
        await call.IsComplete.Task;
        call.Answers.Writer.TryComplete();
    }

    private sealed class CollectionReader(BlockingCollection<string?> lines) : TextReader
    {
        public override string? ReadLine() => lines.Take();
    }

    /// <summary>A server of RecommendStream whose answers the test writes.</summary>
    private sealed class ScriptedStreams : CallInvoker
    {
        private readonly Channel<Call> _calls = Channel.CreateUnbounded<Call>();

        public async Task<Call> NextAsync() => await _calls.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromMinutes(1));

        public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options)
        {
            var call = new Call(options.CancellationToken);
            _calls.Writer.TryWrite(call);
            return new AsyncDuplexStreamingCall<TRequest, TResponse>(
                (IClientStreamWriter<TRequest>)(object)call, (IAsyncStreamReader<TResponse>)(object)call, Task.FromResult(new Metadata()), () => Status.DefaultSuccess, () => [], () => { });
        }

        public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) => throw new NotSupportedException();

        public override TResponse BlockingUnaryCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) => throw new NotSupportedException();

        public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) => throw new NotSupportedException();

        public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options) => throw new NotSupportedException();

        public sealed class Call(CancellationToken gone) : IClientStreamWriter<RecommendStreamRequest>, IAsyncStreamReader<RecommendStreamResponse>
        {
            /// <summary>Cursors that came.</summary>
            public Channel<string> Asked { get; } = Channel.CreateUnbounded<string>();

            public Channel<RecommendStreamResponse> Answers { get; } = Channel.CreateUnbounded<RecommendStreamResponse>();

            public TaskCompletionSource IsComplete { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

            public WriteOptions? WriteOptions { get; set; }

            public RecommendStreamResponse Current { get; private set; } = new();

            public Task WriteAsync(RecommendStreamRequest message)
            {
                Asked.Writer.TryWrite(message.Cursor);
                return Task.CompletedTask;
            }

            public Task CompleteAsync()
            {
                IsComplete.TrySetResult();
                return Task.CompletedTask;
            }

            public async Task<bool> MoveNext(CancellationToken cancellationToken)
            {
                using var either = CancellationTokenSource.CreateLinkedTokenSource(gone, cancellationToken);
                if (!await Answers.Reader.WaitToReadAsync(either.Token))
                    return false;
                return Answers.Reader.TryRead(out RecommendStreamResponse? next) && (Current = next) is not null;
            }
        }
    }
}
