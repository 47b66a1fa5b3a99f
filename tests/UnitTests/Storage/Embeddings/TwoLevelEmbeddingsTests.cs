using System.Diagnostics.Metrics;
using Inference.Recommendations.Users;
using Inference.Storage;
using Inference.Storage.Embeddings;
using Microsoft.Extensions.DependencyInjection;
using UnitTests.Testing;
using Xunit;

namespace UnitTests.Storage.Embeddings;

/// <summary>Without Redis: all is in memory.</summary>
public sealed class TwoLevelEmbeddingsTests : IDisposable
{
    private static readonly UserKey Ann = new(1, 2), Bob = new(1, 3);

    private readonly ManualTime _time = new();
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly TwoLevelEmbeddings _embeddings;

    public TwoLevelEmbeddingsTests() => _embeddings = New(_time);

    public void Dispose() => _services.Dispose();

    [Fact]
    public void TryGet_OfWhatWasSet_FindsIt_AtOnce()
    {
        _embeddings.Set("a", Ann, 7, [1, 2, 3]);

        Assert.Equal("1 2 3", Find("a", Ann, 7, 3));
    }

    [Fact]
    public void TryGet_OfAnotherSpaceUserStampOrLength_FindsNothing()
    {
        _embeddings.Set("a", Ann, 7, [1, 2, 3]);

        Assert.Null(Find("b", Ann, 7, 3));
        Assert.Null(Find("a", Bob, 7, 3));
        Assert.Null(Find("a", Ann, 8, 3));
        Assert.Null(Find("a", Ann, 7, 4));
        Assert.Equal((0, 4), (_embeddings.Memory.Hits, _embeddings.Memory.Misses));
    }

    [Fact]
    public void Set_AfterAnEvent_TakesThePlaceOfTheFormer()
    {
        _embeddings.Set("a", Ann, 7, [1, 2, 3]);
        _embeddings.Set("a", Ann, 8, [4, 5, 6]);

        Assert.Null(Find("a", Ann, 7, 3));
        Assert.Equal("4 5 6", Find("a", Ann, 8, 3));
        Assert.Equal(1, _embeddings.Memory.Entries);
    }

    [Fact]
    public void TryGet_AfterTheTimeToLive_FindsNothing()
    {
        _embeddings.Set("a", Ann, 7, [1]);

        _time.Advance(TimeSpan.FromDays(1));

        Assert.Null(Find("a", Ann, 7, 1));
    }

    [Fact]
    public void TryGet_NearTheEndOfLife_RenewsIt()
    {
        _embeddings.Set("a", Ann, 7, [1]);
        _embeddings.Set("a", Bob, 7, [2]);
        _time.Advance(TimeSpan.FromHours(22));
        Assert.Equal("1", Find("a", Ann, 7, 1));

        _time.Advance(TimeSpan.FromHours(22));

        Assert.Equal("1", Find("a", Ann, 7, 1));
        Assert.Null(Find("a", Bob, 7, 1));
    }

    [Fact]
    public void Set_OfWhatHalfPrecisionCannotHold_KeepsNothing()
    {
        _embeddings.Set("a", Ann, 7, [float.NaN]);
        _embeddings.Set("a", Bob, 7, [1e9f]);

        Assert.Equal(0, _embeddings.Memory.Entries);
    }

    [Fact]
    public void Forget_RemovesTheUserOfAllSpaces_AndKeepsNothingForAWhile()
    {
        _embeddings.Set("a", Ann, 7, [1]);
        _embeddings.Set("b", Ann, 7, [1]);
        _embeddings.Set("b", Bob, 7, [2]);

        _embeddings.Forget(Ann);
        _embeddings.Set("a", Ann, 7, [1]);

        Assert.Null(Find("a", Ann, 7, 1));
        Assert.Null(Find("b", Ann, 7, 1));
        Assert.Equal("2", Find("b", Bob, 7, 1));
        _time.Advance(TimeSpan.FromMinutes(1));
        _embeddings.Set("a", Ann, 9, [3]);
        Assert.Equal("3", Find("a", Ann, 9, 1));
    }

    [Fact]
    public void TryGet_ThatHits_AllocatesNothing()
    {
        TwoLevelEmbeddings embeddings = New(TimeProvider.System);
        embeddings.Set("a", Ann, 7, new float[64]);
        var vector = new float[64];
        Look();

        Assert.Equal(0, Allocated.Least(() => Look()));

        void Look()
        {
            for (int i = 0; i < 1_000; i++)
                Assert.True(AtOnce(embeddings.TryGetAsync("a", Ann, 7, vector, default)));
        }
    }

    private TwoLevelEmbeddings New(TimeProvider time) => new(new StateOptions { EmbeddingCacheBytes = 1 << 20 }, null, new StorageMetrics(_services.GetRequiredService<IMeterFactory>()), time);

    private string? Find(string space, UserKey user, ulong stamp, int dimension)
    {
        var embedding = new float[dimension];
        return AtOnce(_embeddings.TryGetAsync(space, user, stamp, embedding, default)) ? string.Join(' ', embedding) : null;
    }

    private static bool AtOnce(ValueTask<bool> found) => found.IsCompletedSuccessfully ? found.Result : throw new InvalidOperationException("It waits.");
}
