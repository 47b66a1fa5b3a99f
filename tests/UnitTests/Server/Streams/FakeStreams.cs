using System.Threading.Channels;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Recsys.V1;

namespace UnitTests.Server.Streams;

/// <summary>Questions as a transport delivers them, counted as they are read.</summary>
internal sealed class FakeQuestions : IAsyncStreamReader<RecommendStreamRequest>
{
    private readonly Channel<RecommendStreamRequest> _questions = Channel.CreateUnbounded<RecommendStreamRequest>();
    private int _read;

    public int Read => Volatile.Read(ref _read);

    public RecommendStreamRequest Current { get; private set; } = new();

    /// <summary>Questions with the cursors from 0 on.</summary>
    public static FakeQuestions Of(int count)
    {
        var questions = new FakeQuestions();
        for (int i = 0; i < count; i++)
            questions._questions.Writer.TryWrite(new RecommendStreamRequest { Cursor = $"{i}", Request = new RecommendRequest { UserId = $"{i}" } });
        questions._questions.Writer.Complete();
        return questions;
    }

    public async Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        if (!await _questions.Reader.WaitToReadAsync(cancellationToken) || !_questions.Reader.TryRead(out RecommendStreamRequest? next))
            return false;
        Current = next;
        Interlocked.Increment(ref _read);
        return true;
    }
}

/// <summary>Takes answers; a client that is slow holds writes up at its gate.</summary>
internal sealed class FakeAnswers : IServerStreamWriter<RecommendStreamResponse>
{
    private readonly List<(string Cursor, bool MayWait)> _taken = [];

    /// <summary>Answers in the order of arrival, and whether each may wait for the next one.</summary>
    public IReadOnlyList<(string Cursor, bool MayWait)> Taken
    {
        get
        {
            lock (_taken)
                return [.. _taken];
        }
    }

    public WriteOptions? WriteOptions { get; set; }

    /// <summary>What each write that is not kept back waits for.</summary>
    public Func<string, Task> Gate { get; init; } = _ => Task.CompletedTask;

    public Task WriteAsync(RecommendStreamResponse message)
    {
        bool mayWait = (WriteOptions?.Flags & WriteFlags.BufferHint) == WriteFlags.BufferHint;
        lock (_taken)
            _taken.Add((message.Cursor, mayWait));
        return mayWait ? Task.CompletedTask : Gate(message.Cursor);
    }
}

/// <summary>A call of nobody.</summary>
internal sealed class FakeCall(CancellationToken cancellationToken = default) : ServerCallContext
{
    protected override string MethodCore => "/recsys.v1.RecommendationService/RecommendStream";

    protected override string HostCore => "test";

    protected override string PeerCore => "test";

    protected override DateTime DeadlineCore => DateTime.MaxValue;

    protected override Metadata RequestHeadersCore { get; } = [];

    protected override CancellationToken CancellationTokenCore => cancellationToken;

    protected override Metadata ResponseTrailersCore { get; } = [];

    protected override Status StatusCore { get; set; }

    protected override WriteOptions? WriteOptionsCore { get; set; }

    protected override AuthContext AuthContextCore { get; } = new("", []);

    protected override IDictionary<object, object> UserStateCore { get; } = new Dictionary<object, object> { ["__HttpContext"] = new DefaultHttpContext() };

    protected override Task WriteResponseHeadersAsyncCore(Metadata responseHeaders) => Task.CompletedTask;

    protected override ContextPropagationToken CreatePropagationTokenCore(ContextPropagationOptions? options) => throw new NotSupportedException();
}
