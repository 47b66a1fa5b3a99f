using Grpc.Core;
using Recsys.V1;
using UnitTests.Towers;
using Xunit;

namespace FunctionalTests.Server;

[Collection(nameof(SharedServer))]
public class StreamTests(SharedServer shared)
{
    private readonly RecommendationService.RecommendationServiceClient _client = shared.Server.Recommendations;

    [Fact]
    public async Task RecommendStream_OfManyUsers_AnswersInTheOrderOfAsking()
    {
        const int count = 500;
        using var call = _client.RecommendStream();
        Task writing = WriteAsync();
        for (int i = 0; i < count; i++)
        {
            Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None));
            RecommendResponse response = call.ResponseStream.Current.Response;
            Assert.Equal($"r{i}", response.RequestId);
            Assert.Equal(RunningServer.World.Top(3, RunningServer.World.Embed(0, i % 40), i % 40), response.Items.Select(item => item.ItemId));
        }

        Assert.False(await call.ResponseStream.MoveNext(CancellationToken.None));
        await writing;
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);

        async Task WriteAsync()
        {
            for (int i = 0; i < count; i++)
                await call.RequestStream.WriteAsync(new() { Request = new() { RequestId = $"r{i}", RecentItemIds = { SmallWorld.IdOf(i % 40) }, Limit = 3 } });
            await call.RequestStream.CompleteAsync();
        }
    }

    [Fact]
    public async Task RecommendStream_WithABadElement_AnswersItWithAnErrorAndGoesOn()
    {
        using var call = _client.RecommendStream();
        await call.RequestStream.WriteAsync(new() { Request = new() { RequestId = "first" } });
        await call.RequestStream.WriteAsync(new() { Request = new() { Limit = -1, Filter = "x" } });
        await call.RequestStream.WriteAsync(new() { Request = new() { Options = new() { ModelVersion = "other/9" } } });
        await call.RequestStream.WriteAsync(new());
        await call.RequestStream.CompleteAsync();

        var answers = new List<RecommendStreamResponse>();
        while (await call.ResponseStream.MoveNext(CancellationToken.None))
            answers.Add(call.ResponseStream.Current);

        Assert.Equal(4, answers.Count);
        Assert.Equal("first", answers[0].Response.RequestId);
        CallFailure bad = CallFailure.Of(answers[1].Error);
        Assert.Equal((StatusCode.InvalidArgument, "INVALID_REQUEST", 2), (bad.Code, bad.Reason, bad.Violations.Count));
        Assert.Equal("MODEL_VERSION_NOT_LOADED", CallFailure.Of(answers[2].Error).Reason);
        Assert.Equal(10, answers[3].Response.Items.Count);
    }

    [Fact]
    public async Task RecommendStream_AskingOneAtATime_AnswersEachAtOnce()
    {
        using var call = _client.RecommendStream();
        for (int i = 0; i < 5; i++)
        {
            await call.RequestStream.WriteAsync(new() { Request = new() { RequestId = $"r{i}" } });
            Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None));
            Assert.Equal($"r{i}", call.ResponseStream.Current.Response.RequestId);
        }

        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext(CancellationToken.None));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task RecommendStream_WrittenTogether_IsAnsweredWithTheLastWriteOrTheEnd(bool ends)
    {
        using var call = _client.RecommendStream();
        for (int i = 0; i < 4; i++)
        {
            call.RequestStream.WriteOptions = new WriteOptions(i < 3 || ends ? WriteFlags.BufferHint : default);
            await call.RequestStream.WriteAsync(new() { Cursor = $"{i}", Request = new() { Limit = 1 } });
        }

        if (ends)
            await call.RequestStream.CompleteAsync();
        for (int i = 0; i < 4; i++)
        {
            Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(30)));
            Assert.Equal($"{i}", call.ResponseStream.Current.Cursor);
        }
    }

    [Fact]
    public async Task RecommendStream_WithCursors_EchoesThemWithAnswersAndErrors()
    {
        string[] cursors = ["", "a", new string('é', 128), new string('x', 257), "after"];
        using var call = _client.RecommendStream();
        foreach (string cursor in cursors)
            await call.RequestStream.WriteAsync(new() { Request = new() { Limit = cursor == "a" ? -1 : 2 }, Cursor = cursor });
        await call.RequestStream.CompleteAsync();

        var answers = new List<RecommendStreamResponse>();
        while (await call.ResponseStream.MoveNext(CancellationToken.None))
            answers.Add(call.ResponseStream.Current);

        Assert.Equal(["", "a", cursors[2], "", "after"], answers.Select(answer => answer.Cursor));
        Assert.Equal("limit", Assert.Single(CallFailure.Of(answers[1].Error).Violations).Field);
        CallFailure tooLong = CallFailure.Of(answers[3].Error);
        Assert.Equal((StatusCode.InvalidArgument, "cursor"), (tooLong.Code, Assert.Single(tooLong.Violations).Field));
        Assert.Equal([2, 0, 2, 0, 2], answers.Select(answer => answer.Response?.Items.Count ?? 0));
    }

    [Fact]
    public async Task RecommendStream_ThatNobodyReads_StopsReadingAndGoesOnWhenItIsRead()
    {
        // 25 MB of questions; the windows of HTTP/2, the buffers of both sides and the slots hold a few of them.
        const int count = 400;
        string[] excluded = [.. Enumerable.Range(0, 1_000).Select(i => $"{i:d60}")];
        using var call = _client.RecommendStream();
        int written = 0;
        Task writing = WriteAsync();
        for (int before = -1; before < Volatile.Read(ref written) && !writing.IsCompleted;)
        {
            before = Volatile.Read(ref written);
            await Task.WhenAny(writing, Task.Delay(TimeSpan.FromSeconds(3)));
        }

        Assert.InRange(Volatile.Read(ref written), 1, count / 2);
        for (int i = 0; i < count; i++)
        {
            Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None));
            Assert.Equal($"{i}", call.ResponseStream.Current.Cursor);
        }

        Assert.False(await call.ResponseStream.MoveNext(CancellationToken.None));
        await writing;

        async Task WriteAsync()
        {
            for (; written < count; Interlocked.Increment(ref written))
                await call.RequestStream.WriteAsync(new() { Cursor = $"{written}", Request = new() { Limit = 40, Options = new() { Explain = true }, ExcludedItemIds = { excluded } } });
            await call.RequestStream.CompleteAsync();
        }
    }

    [Fact]
    public async Task RecommendStream_ThatTheClientDrops_LeavesTheServerWell()
    {
        for (int round = 0; round < 20; round++)
        {
            using var call = _client.RecommendStream();
            for (int i = 0; i < 50; i++)
                await call.RequestStream.WriteAsync(new() { Request = new() });
        }

        Assert.Equal(10, (await _client.RecommendAsync(new RecommendRequest())).Items.Count);
    }
}
