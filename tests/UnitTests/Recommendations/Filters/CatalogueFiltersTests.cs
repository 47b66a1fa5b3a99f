using Inference.Recommendations.Features;
using Inference.Recommendations.Filters;
using Inference.Recommendations.Snapshots;
using Inference.Recommendations.Recall;
using Xunit;

namespace UnitTests.Recommendations.Filters;

/// <summary>What is kept of filters, for how long, and what changes do to it.</summary>
public sealed class CatalogueFiltersTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 11, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly FilterShop _shop = new([.. Enumerable.Range(0, 1_000).Select(i => new Dictionary<string, FeatureValue> { ["price"] = FeatureValue.Of((long)i), ["brand"] = FeatureValue.Of($"b{i % 10}") })]);

    public void Dispose() => _shop.Dispose();

    [Fact]
    public async Task Find_ASecondTime_HandsOutTheSameRows()
    {
        FilterLookup first = await _shop.FindAsync("price < 500"), second = await _shop.FindAsync("price < 500"), other = await _shop.FindAsync("price < 501");

        Assert.Equal((FilterLookupKind.ColumnsMade, FilterLookupKind.Hit, FilterLookupKind.Compiled), (first.Kind, second.Kind, other.Kind));
        Assert.Same(first.Rows, second.Rows);
        Assert.Equal((500, 1_000, 0.5, FilterClass.Half), (first.Rows.Count, first.Rows.Items, first.Rows.Share, first.Rows.Class));
    }

    [Fact]
    public async Task Find_AfterChanges_TestsTheChangedRowsAgain()
    {
        await _shop.FindAsync("price < 3");
        FilterLookup before = await _shop.FindAsync("price < 3");

        _shop.Put("i999", new() { ["price"] = FeatureValue.Of(-1L) });
        _shop.Put("new", new() { ["price"] = FeatureValue.Of(1.5) });
        _shop.Delete("i0");

        Assert.Equal(["i1", "i2", "i999", "new"], await _shop.IdsAsync("price < 3"));
        Assert.Equal(FilterLookupKind.Hit, (await _shop.FindAsync("price < 3")).Kind);
        // What was handed out before stays as it was.
        Assert.True(before.Rows.Rows.Contains(0));
        Assert.Equal((3, 1_000), (before.Rows.Count, before.Rows.Items));
    }

    [Fact]
    public async Task Find_AfterMoreChangesThanAreKnown_TestsAllRows()
    {
        await _shop.FindAsync("price < 3");
        for (int i = 0; i < 17_000; i++)
            _shop.Put($"i{i % 500}", new() { ["price"] = FeatureValue.Of(i + 3L) });

        FilterLookup lookup = await _shop.FindAsync("price < 3");

        Assert.Equal((FilterLookupKind.Compiled, 0), (lookup.Kind, lookup.Rows.Count));
    }

    [Fact]
    public async Task Find_WhenAnAttributeAppears_MakesItsColumn()
    {
        Assert.Empty(await _shop.IdsAsync("colour = \"red\""));
        _shop.Put("i5", new() { ["colour"] = FeatureValue.Of("red") });

        Assert.Equal(["i5"], await _shop.IdsAsync("colour = \"red\""));
    }

    [Fact]
    public async Task Find_WhenAColumnComesBeforeItemsArePublished_KnowsThemAfterwards()
    {
        _shop.Items.Reserve(1_000, "late");
        _shop.Items.SetContent(1_000, new ItemContent(null, FeatureSet.None, new Dictionary<string, FeatureValue> { ["price"] = FeatureValue.Of(5_000L) }));
        Assert.Empty(await _shop.IdsAsync("price = 5000"));

        _shop.Items.Publish(1, [], []);

        Assert.Equal(["late"], await _shop.IdsAsync("price = 5000"));
    }

    [Fact]
    public async Task Find_WithTheClock_KeepsRowsForTheGrain()
    {
        _shop.Put("i0", new() { ["until"] = FeatureValue.Of(Now.AddSeconds(2).ToUnixTimeSeconds()) });

        Assert.Equal(["i0"], await _shop.IdsAsync("until > now()", Now));
        Assert.Equal(FilterLookupKind.Hit, (await _shop.FindAsync("until > now()", Now.AddMilliseconds(999))).Kind);
        Assert.Equal(FilterLookupKind.Compiled, (await _shop.FindAsync("until > now()", Now.AddMilliseconds(1_000))).Kind);
        Assert.Empty(await _shop.IdsAsync("until > now()", Now.AddSeconds(2)));
    }

    [Fact]
    public async Task Find_OfMoreFiltersThanAreKept_LetsTheOldestGo()
    {
        _shop.Filters.Options = new FilterOptions { CacheEntries = 2 };
        await _shop.FindAsync("price < 1");
        await _shop.FindAsync("price < 2");
        await _shop.FindAsync("price < 1");
        await _shop.FindAsync("price < 3");

        Assert.Equal(FilterLookupKind.Hit, (await _shop.FindAsync("price < 1")).Kind);
        Assert.Equal(FilterLookupKind.Compiled, (await _shop.FindAsync("price < 2")).Kind);
    }

    [Fact]
    public async Task Find_WithRoomForOneColumn_StillAnswersFiltersOfTwo()
    {
        _shop.Filters.Options = new FilterOptions { ColumnBytes = 1 };

        for (int round = 0; round < 3; round++)
            Assert.Equal(["i3"], await _shop.IdsAsync($"brand = \"b3\" and price < {10 - round}"));
        Assert.True(_shop.Filters.ColumnBytes < 13_000, $"{_shop.Filters.ColumnBytes} bytes");
    }

    [Fact]
    public async Task Find_WhenTextsComeAndGoForLong_KeepsOnlyThoseThatAreThere()
    {
        await _shop.FindAsync("brand = \"b1\"");
        for (int i = 0; i < 20_000; i++)
            _shop.Put($"i{i % 100}", new() { ["brand"] = FeatureValue.Of($"new {i}") });

        Assert.Equal(["i99"], await _shop.IdsAsync("brand = \"new 19999\""));
        Assert.True(_shop.Filters.ColumnBytes < 700_000, $"{_shop.Filters.ColumnBytes} bytes");
    }

    [Fact]
    public async Task Find_WhenListsOfTextsComeAndGoForLong_KeepsOnlyThoseThatAreThere()
    {
        _shop.Put("i0", new() { ["tags"] = FeatureValue.Of(["first", "second"]) });
        await _shop.FindAsync("tags has \"first\"");
        for (int i = 0; i < 20_000; i++)
            _shop.Put($"i{i % 100}", new() { ["tags"] = FeatureValue.Of([$"new {i}", "all"]) });

        Assert.Equal(["i99"], await _shop.IdsAsync("tags has \"new 19999\""));
        Assert.True(_shop.Filters.ColumnBytes < 900_000, $"{_shop.Filters.ColumnBytes} bytes");
    }

    [Fact]
    public async Task Find_WhenCallersGiveUp_Throws_AndAnswersTheNext()
    {
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        for (int i = 0; i < 2 * Environment.ProcessorCount + 4; i++)
        {
            ItemFilter filter = ItemFilterTests.Of($"price < {i}");
            await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await _shop.Filters.FindAsync(filter, Now, cancelled.Token));
        }

        Assert.Equal(["i0"], await _shop.IdsAsync("price < 1"));
        // What is kept costs no waiting, so there is nothing to give up.
        Assert.Equal(FilterLookupKind.Hit, (await _shop.Filters.FindAsync(ItemFilterTests.Of("price < 1"), default, cancelled.Token)).Kind);
    }

    [Fact]
    public async Task TryRead_OfMoreTextThanIsKept_StillReads()
    {
        string rest = string.Concat(Enumerable.Repeat(" ", 8_000));
        for (int i = 0; i < 300; i++)
            Assert.True(_shop.Filters.TryRead($"price < {i}{rest}", out _, out _));

        Assert.Equal(["i0", "i1"], await _shop.IdsAsync($"price < 2{rest}"));
        Assert.True(_shop.Filters.ReadCharacters <= 1 << 20, $"{_shop.Filters.ReadCharacters} characters");
    }

    [Fact]
    public async Task Find_WhenItemsChangeBetweenPieces_KnowsTheChanges()
    {
        using FilterShop shop = Large();
        await shop.FindAsync("exists(price) and exists(brand)");
        int pieces = 0;
        shop.Filters.AfterPiece = () =>
        {
            if (++pieces != 2)
                return;
            shop.Put("i3", new() { ["price"] = FeatureValue.Of(50_000L), ["brand"] = FeatureValue.Of("b3") });
            shop.Put("i4", new() { ["price"] = FeatureValue.Of(4L), ["brand"] = FeatureValue.Of("made") });
            shop.Put("i9999", new() { ["price"] = FeatureValue.Of(9_999L), ["brand"] = FeatureValue.Of("made") });
            shop.Put("new", new() { ["brand"] = FeatureValue.Of("made") });
            shop.Delete("i1");
        };

        const string filter = "price < 4 or brand = \"made\"";
        Assert.Equal(["i0", "i2", "i4", "i9999", "new"], await shop.IdsAsync(filter));
        Assert.Equal(FilterLookupKind.Hit, (await shop.FindAsync(filter)).Kind);
        Assert.Equal(3, pieces);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(100)]
    public async Task Find_WhenColumnsComeBetweenPieces_BeginsAnewButNotForEver(int comings)
    {
        using FilterShop shop = Large();
        await shop.FindAsync("exists(price)");
        int come = 0;
        shop.Filters.AfterPiece = () =>
        {
            if (come == comings)
                return;
            come++;
            shop.Put("i5", new() { ["price"] = FeatureValue.Of(-5L), [$"new{come}"] = FeatureValue.Of(1L) });
            // The column of what the filter names comes with its first item, too.
            shop.Filters.Prepare(new FilterOptions { Columns = ["*"] }, CancellationToken.None);
        };

        Assert.Equal(["i0", "i1", "i5"], await shop.IdsAsync("price < 2 and missing(new0) or new1 = 1 and price < 0"));
        Assert.InRange(come, 1, 4);
    }

    [Fact]
    public async Task Find_WhenCallersGiveUpBetweenPieces_Stops()
    {
        using FilterShop shop = Large();
        await shop.FindAsync("exists(price)");
        using var cancelled = new CancellationTokenSource();
        shop.Filters.AfterPiece = cancelled.Cancel;

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await shop.Filters.FindAsync(ItemFilterTests.Of("price < 1"), Now, cancelled.Token));
        Assert.Equal(["i0"], await shop.IdsAsync("price < 1"));
    }

    [Fact]
    public async Task Find_OfManyPiecesWhileItemsAndAttributesCome_SeesEachChangeThatWasMadeBefore()
    {
        using var shop = new FilterShop([.. Enumerable.Range(0, 20_000).Select(i => new Dictionary<string, FeatureValue> { ["price"] = FeatureValue.Of((long)i), ["brand"] = FeatureValue.Of($"b{i % 10}") })]);
        int[] made = new int[8];
        int rounds = 0, tests = 0;
        using var done = new CancellationTokenSource();
        Task[] readers = [.. Enumerable.Range(0, 3).Select(reader => Task.Run(async () =>
        {
            for (int turn = reader; !done.IsCancellationRequested; turn++)
            {
                // Another filter each time, so that all rows are tested; what changes meanwhile is past its price.
                int round = Volatile.Read(ref rounds), most = round + 2;
                string filter = $"brand = \"made\" and price < {100_000 + most} and price != {-turn - 1}";
                for (int ask = 0; ask < 2; ask++)
                {
                    int[] before = [.. Enumerable.Range(0, made.Length).Select(item => Volatile.Read(ref made[item]))];
                    string[] ids = await shop.IdsAsync(filter);
                    for (int item = 0; item < made.Length; item++)
                    {
                        int price = Volatile.Read(ref made[item]);
                        if (before[item] >= most)
                            Assert.DoesNotContain($"i{item * 2_500}", ids);
                        else if (before[item] > 0 && price < most - made.Length)
                            Assert.Contains($"i{item * 2_500}", ids);
                    }
                }

                await shop.FindAsync($"exists(new{round / 50})");
                Interlocked.Increment(ref tests);
            }
        }))];
        for (int round = 1; round <= 400 || Volatile.Read(ref tests) < 30; round++)
        {
            int item = round % made.Length;
            shop.Put($"i{item * 2_500}", new() { ["price"] = FeatureValue.Of(100_000L + round), ["brand"] = FeatureValue.Of("made") });
            shop.Put($"n{round % 40}", new() { ["brand"] = FeatureValue.Of($"brand {round}"), [$"new{round / 50}"] = FeatureValue.Of(1L) });
            Volatile.Write(ref made[item], round);
            Volatile.Write(ref rounds, round);
            if (readers.Any(reader => reader.IsFaulted))
                break;
        }

        await done.CancelAsync();
        await Task.WhenAll(readers);
    }

    [Fact]
    public async Task Find_OfAKeptFilter_AllocatesNothing()
    {
        ItemFilter filter = ItemFilterTests.Of("price < 500");
        await _shop.Filters.FindAsync(filter, Now, CancellationToken.None);
        long before = GC.GetAllocatedBytesForCurrentThread();

        ValueTask<FilterLookup> found = _shop.Filters.FindAsync(filter, Now, CancellationToken.None);

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(FilterLookupKind.Hit, (await found).Kind);
    }

    [Fact]
    public async Task Find_FromManyThreadsWhileItemsChange_SeesEachChangeThatWasMadeBefore()
    {
        // The price of each item only rises, and both of its attributes are set in one change.
        int[] made = new int[8];
        using var done = new CancellationTokenSource();
        Task[] readers = [.. Enumerable.Range(0, 3).Select(reader => Task.Run(async () =>
        {
            for (int turn = reader; !done.IsCancellationRequested; turn++)
            {
                int item = turn % made.Length, price = Volatile.Read(ref made[item]);
                Assert.DoesNotContain($"n{item}", await _shop.IdsAsync($"price >= 10000 and price < {10_000 + price}"));
                Assert.Empty(await _shop.IdsAsync("price >= 10000 and twin < 10000"));
            }
        }))];
        for (int round = 1; round <= 300; round++)
        {
            int item = round % made.Length;
            _shop.Put($"n{item}", new() { ["price"] = FeatureValue.Of(10_000L + round), ["twin"] = FeatureValue.Of(10_000L + round) });
            Volatile.Write(ref made[item], round);
        }

        await done.CancelAsync();
        await Task.WhenAll(readers);
    }

    /// <summary>A shop of three pieces.</summary>
    private static FilterShop Large() =>
        new([.. Enumerable.Range(0, 10_000).Select(i => new Dictionary<string, FeatureValue> { ["price"] = FeatureValue.Of((long)i), ["brand"] = FeatureValue.Of($"b{i % 10}") })]);

    [Fact]
    public async Task Dispose_WhileColumnsAreMade_WaitsForThem()
    {
        var shops = Enumerable.Range(0, 20).Select(_ => new FilterShop([.. Enumerable.Range(0, 3_000).Select(i => new Dictionary<string, FeatureValue> { ["a"] = FeatureValue.Of($"text {i}") })])).ToArray();
        foreach (FilterShop shop in shops)
        {
            Task<FilterLookup> asked = shop.FindAsync("a = \"text 1\"");
            shop.Dispose();
            Exception? e = await Record.ExceptionAsync(() => asked);
            Assert.True(e is null or ObjectDisposedException, e?.ToString());
        }
    }
}
