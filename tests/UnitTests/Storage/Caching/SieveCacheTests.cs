using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using Inference.Recommendations.Users;
using Inference.Storage.Caching;
using UnitTests.Testing;
using Xunit;

namespace UnitTests.Storage.Caching;

public class SieveCacheTests
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    private readonly ManualTime _time = new();

    [Fact]
    public void TryGet_OfWhatWasSet_FindsIt()
    {
        var cache = new SieveCache<UserKey, string>(1 << 16, _time);

        cache.Set(Key(1), "one", 10, Hour);

        Assert.True(cache.TryGet(Key(1), out string? found));
        Assert.Equal("one", found);
        Assert.False(cache.TryGet(Key(2), out _));
        Assert.Equal((1, 1, 0, 1), (cache.Report.Hits, cache.Report.Misses, cache.Report.Evictions, cache.Report.Entries));
    }

    [Fact]
    public void TryGet_OfWhatIsNotAccepted_IsAMissAndStays()
    {
        var cache = new SieveCache<UserKey, string>(1 << 16, _time);
        cache.Set(Key(1), "one", 10, Hour);

        Assert.False(cache.TryGet(Key(1), "two", static (value, wanted) => value == wanted, out _));
        Assert.True(cache.TryGet(Key(1), "one", static (value, wanted) => value == wanted, out _));
        Assert.Equal((1, 1), (cache.Report.Hits, cache.Report.Misses));
    }

    [Fact]
    public void TryGet_AfterTheTimeToLive_FindsNothing()
    {
        var cache = new SieveCache<UserKey, string>(1 << 16, _time);
        cache.Set(Key(1), "one", 10, Hour);
        cache.Set(Key(2), "two", 10, 2 * Hour);

        _time.Advance(Hour);

        Assert.False(cache.TryGet(Key(1), out _));
        Assert.True(cache.TryGet(Key(2), out _));
        Assert.Equal(1, cache.Report.Entries);
        Assert.Equal(0, cache.Report.Evictions);
    }

    [Fact]
    public void Set_WithTheLongestTimeToLive_NeverExpires()
    {
        var cache = new SieveCache<UserKey, string>(1 << 16, _time);
        cache.Set(Key(1), "one", 10, TimeSpan.MaxValue);

        _time.Advance(TimeSpan.FromDays(10_000));

        Assert.True(cache.TryGet(Key(1), out _));
    }

    [Fact]
    public void Set_OfWhatIsTooLarge_KeepsNeitherItNorTheFormerValue()
    {
        var cache = new SieveCache<UserKey, string>(1 << 16, _time);
        cache.Set(Key(1), "one", 10, Hour);
        cache.Set(Key(2), "two", 10, Hour);

        cache.Set(Key(1), "large", 1 << 16, Hour);
        cache.Set(Key(3), "large", 1 << 16, Hour);

        Assert.False(cache.TryGet(Key(1), out _));
        Assert.False(cache.TryGet(Key(3), out _));
        Assert.True(cache.TryGet(Key(2), out _));
        Assert.InRange(cache.Report.Bytes, 0, 1 << 16);
    }

    [Fact]
    public void Eviction_PassesOverWhatWasAskedFor_AndTakesTheOldestOther()
    {
        // Room for nine entries of 5,000 beside the bookkeeping of one chunk.
        var cache = new SieveCache<UserKey, string>(1 << 16, _time, shards: 1);
        int kept = 0;
        while (cache.Report.Evictions == 0)
            cache.Set(Key(kept++), "", 5_000, Hour);
        // The oldest went. Of the others the oldest two are asked for.
        Assert.False(cache.TryGet(Key(0), out _));
        Assert.True(cache.TryGet(Key(1), out _));
        Assert.True(cache.TryGet(Key(2), out _));

        cache.Set(Key(100), "", 5_000, Hour);

        Assert.True(cache.TryGet(Key(1), out _));
        Assert.True(cache.TryGet(Key(2), out _));
        Assert.False(cache.TryGet(Key(3), out _));
    }

    [Fact]
    public void Eviction_TakesTheExpiredFirst_AndDoesNotCountIt()
    {
        var cache = new SieveCache<UserKey, string>(1 << 16, _time, shards: 1);
        cache.Set(Key(1), "", 30_000, TimeSpan.FromSeconds(1));
        Assert.True(cache.TryGet(Key(1), out _));
        _time.Advance(TimeSpan.FromSeconds(1));

        cache.Set(Key(2), "", 40_000, Hour);

        Assert.True(cache.TryGet(Key(2), out _));
        Assert.Equal((0, 1), (cache.Report.Evictions, cache.Report.Entries));
    }

    [Fact]
    public void Change_SeesTheFormerValue_AndRemovesWithNull()
    {
        var cache = new SieveCache<UserKey, string>(1 << 16, _time);

        cache.Change(Key(1), "a", static (former, add) => (former + add, 1), Hour);
        cache.Change(Key(1), "b", static (former, add) => (former + add, 1), Hour);

        Assert.True(cache.TryPeek(Key(1), out string? value));
        Assert.Equal("ab", value);
        cache.Change(Key(1), 0, static (_, _) => (null, 0), Hour);
        Assert.False(cache.TryPeek(Key(1), out _));
        Assert.Equal((0, 0), (cache.Report.Hits, cache.Report.Misses));
    }

    [Fact]
    public void TryGet_ThatHits_AllocatesNothing()
    {
        var cache = new SieveCache<UserKey, string>(1 << 20, TimeProvider.System);
        cache.Set(Key(1), "one", 10, Hour);
        Look(cache);

        Assert.Equal(0, Allocated.Least(() => Look(cache)));

        static void Look(SieveCache<UserKey, string> cache)
        {
            for (int i = 0; i < 1_000; i++)
                cache.TryGet(Key(1), "one", static (value, wanted) => value == wanted, out _);
        }
    }

    [Fact]
    public void Visit_SeesEachEntryOnce()
    {
        var cache = new SieveCache<UserKey, string>(8 << 20, _time);
        for (int i = 0; i < 1_000; i++)
            cache.Set(Key(i), i.ToString(CultureInfo.InvariantCulture), 1, Hour);

        var seen = new List<string>();
        cache.Visit(seen, static (_, value, _, seen) => seen.Add(value));

        Assert.Equal(1_000, seen.Distinct().Count());
        Assert.Equal(1_000, seen.Count);
        cache.Clear();
        Assert.Equal(0, cache.Report.Entries);
        Assert.False(cache.TryGet(Key(1), out _));
    }

    /// <summary>A dictionary is the oracle of what may be found; the bound and the counts hold after every step.</summary>
    [Fact]
    public void AnySteps_FindWhatADictionaryHolds_WithinTheBound() =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(200), Prop.ForAll(ArbMap.Default.ArbFor<int>(), seed =>
        {
            const long capacity = 1 << 16;
            var random = new Random(seed);
            var time = new ManualTime();
            var cache = new SieveCache<UserKey, object>(capacity, time, shards: 1 << random.Next(3));
            var oracle = new Dictionary<UserKey, (object Value, DateTimeOffset Expires)>();
            int keys = random.Next(1, 2_000), heaviest = random.Next(1, 3_000);
            long lookups = 0;
            for (int step = 0; step < 3_000; step++)
            {
                UserKey key = Key(random.Next(keys));
                switch (random.Next(10))
                {
                    case 0:
                        time.Advance(TimeSpan.FromSeconds(random.Next(3)));
                        break;
                    case 1:
                        cache.Remove(key);
                        oracle.Remove(key);
                        break;
                    case < 6:
                        var value = new object();
                        TimeSpan life = TimeSpan.FromSeconds(random.Next(1, 60));
                        cache.Set(key, value, random.Next(heaviest), life);
                        oracle[key] = (value, time.GetUtcNow() + life);
                        break;
                    default:
                        lookups++;
                        if (cache.TryGet(key, out object? found))
                        {
                            Assert.True(oracle.TryGetValue(key, out var held));
                            Assert.Same(held.Value, found);
                            Assert.True(held.Expires > time.GetUtcNow());
                        }
                        else if (oracle.TryGetValue(key, out var held) && held.Expires > time.GetUtcNow())
                        {
                            Assert.NotEqual(0, cache.Report.Evictions);
                        }

                        break;
                }

                Assert.InRange(cache.Report.Bytes, 0, capacity);
            }

            int visited = 0;
            cache.Visit(0, (_, _, _, _) => visited++);
            Assert.InRange(visited, 0, cache.Report.Entries);
            Assert.Equal(lookups, cache.Report.Hits + cache.Report.Misses);
        }));

    [Fact]
    public async Task ManyThreads_NeverFindTheValueOfAnotherKey()
    {
        var cache = new SieveCache<UserKey, string>(1 << 18, TimeProvider.System, shards: 4);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(thread => Task.Run(() =>
        {
            var random = new Random(thread);
            for (int i = 0; i < 50_000; i++)
            {
                int number = random.Next(3_000);
                if (cache.TryGet(Key(number), out string? value))
                    Assert.Equal(number, int.Parse(value, CultureInfo.InvariantCulture));
                else if (random.Next(50) == 0)
                    cache.Remove(Key(number));
                else
                    cache.Set(Key(number), number.ToString(CultureInfo.InvariantCulture), 100, Hour);
            }
        })));

        Assert.InRange(cache.Report.Bytes, 1, 1 << 18);
        Assert.NotEqual(0, cache.Report.Evictions);
    }

    private static UserKey Key(int number) => new(7, (ulong)number);
}
