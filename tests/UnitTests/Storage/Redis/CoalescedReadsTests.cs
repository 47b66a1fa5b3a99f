using Inference.Recommendations.Ports;
using Inference.Storage.Redis;
using StackExchange.Redis;
using Xunit;

namespace UnitTests.Storage.Redis;

public class CoalescedReadsTests
{
    /// <summary>What was read, each with what ends it.</summary>
    private readonly List<(RedisKey[] Keys, TaskCompletionSource<RedisValue[]> Answer)> _sent = [];
    private readonly CoalescedReads _reads;

    public CoalescedReadsTests() => _reads = new CoalescedReads(
        keys =>
        {
            var answer = new TaskCompletionSource<RedisValue[]>();
            _sent.Add((keys, answer));
            return new ValueTask<RedisValue[]>(answer.Task);
        },
        maxKeys: 4);

    [Fact]
    public async Task Get_WithNoneUnderWay_GoesOutAtOnce()
    {
        ValueTask<RedisValue[]> read = _reads.GetAsync(["a"]);

        Answer(0);

        Assert.Equal(["value of a"], await read);
        ValueTask<RedisValue[]> next = _reads.GetAsync(["b"]);
        Answer(1);
        Assert.Equal(["value of b"], await next);
    }

    [Fact]
    public async Task Get_WhileOneIsUnderWay_JoinsTheNext_UpToTheBound()
    {
        Task<RedisValue[]> first = _reads.GetAsync(["a"]).AsTask();
        Task<RedisValue[]>[] waiting = [.. new[] { "b", "c", "d", "e", "f" }.Select(key => _reads.GetAsync([key]).AsTask())];
        Task<RedisValue[]> several = _reads.GetAsync(["g", "h"]).AsTask();
        Assert.Single(_sent);

        Answer(0);
        await first;
        Assert.Equal(["b", "c", "d", "e"], _sent[1].Keys);
        Answer(1);
        await Task.WhenAll(waiting[..4]);
        Assert.Equal(["f", "g", "h"], _sent[2].Keys);
        Answer(2);

        Assert.Equal(["value of d"], await waiting[2]);
        Assert.Equal(["value of f"], await waiting[4]);
        Assert.Equal(["value of g", "value of h"], await several);
    }

    [Fact]
    public async Task Get_OfMoreThanTheBound_GoesOutAlone()
    {
        Task<RedisValue[]> first = _reads.GetAsync(["a"]).AsTask();
        Task<RedisValue[]> large = _reads.GetAsync(["1", "2", "3", "4", "5", "6"]).AsTask();
        Answer(0);
        await first;
        Answer(1);

        Assert.Equal("value of 6", (await large)[5]);
    }

    [Fact]
    public async Task Failure_OfOneBatch_IsEachReadersFailure_AndTheNextGoesOut()
    {
        Task<RedisValue[]> first = _reads.GetAsync(["a"]).AsTask();
        Task<RedisValue[]> second = _reads.GetAsync(["b"]).AsTask();

        _sent[0].Answer.SetException(new StoreException(StoreFailure.Refused, "no"));

        Assert.Equal(StoreFailure.Refused, (await Assert.ThrowsAsync<StoreException>(() => first)).Failure);
        Answer(1);
        Assert.Equal(["value of b"], await second);
    }

    [Fact]
    public async Task Timeout_OfOneBatch_FailsThoseThatWaitedForIt_AndTheNextGoesOutAtOnce()
    {
        Task<RedisValue[]> first = _reads.GetAsync(["a"]).AsTask();
        Task<RedisValue[]>[] waiting = [.. Enumerable.Range(0, 10).Select(i => _reads.GetAsync([$"{i}"]).AsTask())];

        _sent[0].Answer.SetException(new StoreException(StoreFailure.Timeout, "late"));

        foreach (Task<RedisValue[]> read in (Task<RedisValue[]>[])[first, .. waiting])
            Assert.Equal(StoreFailure.Timeout, (await Assert.ThrowsAsync<StoreException>(() => read)).Failure);
        Assert.Single(_sent);
        Task<RedisValue[]> next = _reads.GetAsync(["b"]).AsTask();
        Answer(1);
        Assert.Equal(["value of b"], await next);
    }

    [Fact]
    public async Task ManyReaders_EachGetTheirOwnValue()
    {
        var reads = new CoalescedReads(async keys =>
        {
            await Task.Yield();
            Assert.InRange(keys.Length, 1, 128);
            return [.. keys.Select(static key => (RedisValue)$"value of {key}")];
        });

        await Task.WhenAll(Enumerable.Range(0, 8).Select(reader => Task.Run(async () =>
        {
            for (int i = 0; i < 2_000; i++)
                Assert.Equal([$"value of {reader}-{i}"], await reads.GetAsync([$"{reader}-{i}"]));
        })));
    }

    private void Answer(int batch) => _sent[batch].Answer.SetResult([.. _sent[batch].Keys.Select(static key => (RedisValue)$"value of {key}")]);
}
