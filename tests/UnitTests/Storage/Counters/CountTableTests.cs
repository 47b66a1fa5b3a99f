using Inference.Recommendations.Ports;
using Inference.Storage.Counters;
using Xunit;

namespace UnitTests.Storage.Counters;

public class CountTableTests
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch.AddYears(50);

    [Fact]
    public void Read_WithTooManyMembers_DropsThoseThatCountLeast()
    {
        var table = new CountTable(most: 80, hasStore: false);
        for (int i = 0; i < 80; i++)
            table.Add($"first{i}", 1, i < 10 ? 100 : 1);
        Assert.Equal(80, Read(table).Count);
        for (int i = 0; i < 20; i++)
            table.Add($"later{i}", 1, 2);

        Dictionary<string, double> sums = Read(table);

        Assert.Equal((60, 40), (sums.Count, table.Lost));
        Assert.All(Enumerable.Range(0, 10), i => Assert.Equal(100, sums[$"first{i}"]));
        Assert.All(Enumerable.Range(0, 20), i => Assert.Equal(2, sums[$"later{i}"]));
        table.Add("first0", 1, 1);
        Assert.Equal(101, Read(table)["first0"]);
    }

    [Fact]
    public void Add_WithMoreThanTheInboxHolds_CountsWhatIsLost_AndKeepsWhatIsThere()
    {
        var table = new CountTable(most: 8, hasStore: false);
        for (int i = 0; i < 10; i++)
            table.Add($"m{i}", 1, 1);
        table.Add("m0", 1, 1);
        table.Hear("m10", 1, 1, Now);

        Dictionary<string, double> sums = Read(table);

        Assert.Equal((8, 3), (sums.Count, table.Lost));
        Assert.Equal(2, sums["m0"]);
    }

    [Fact]
    public async Task Table_ThatNobodyReads_StaysBounded_WhateverIsHeardOrStored()
    {
        var table = new CountTable(most: 10, hasStore: true);
        for (int i = 0; i < 5; i++)
        {
            for (int member = 0; member < 10; member++)
                table.Hear($"m{i}-{member}", 1, 1, Now);
            await table.TakePendingAsync();
        }

        Assert.Equal(30, table.Lost);
        await table.ReplaceAsync(1, new Dictionary<string, double> { ["m0-0"] = 9, ["new"] = 1 }, Now);
        Assert.Equal(31, table.Lost);
        table.Add("m0-0", 1, 1);
        Dictionary<string, double> sums = Read(table);
        Assert.Equal(8, sums.Count);
        Assert.Equal(11, sums["m0-0"]); // stored, heard and added
        table.Add("later", 1, 1);
        Assert.Contains("later", Read(table).Keys);
    }

    [Fact]
    public async Task Replace_BelievesTheStore_ButKeepsWhatTheStoreCannotHaveYet()
    {
        var table = new CountTable(most: 100, hasStore: true);
        table.Add("a", 1, 5);
        Assert.Equal(5, Assert.Single(Assert.Single(await table.TakePendingAsync()).Value).Amount);
        Assert.Empty(await table.TakePendingAsync());
        table.Add("a", 1, 2);
        table.Hear("b", 1, 3, Now);
        table.Hear("c", 1, 3, Now - TimeSpan.FromMinutes(1));

        await table.ReplaceAsync(1, new Dictionary<string, double> { ["a"] = 50, ["d"] = 7 }, Now);

        Assert.Equal([("a", 52.0), ("b", 3.0), ("d", 7.0)], Read(table).Select(count => (count.Key, count.Value)).Order());
        await table.PutBackAsync(1, [("a", 5)]);
        Assert.Equal(52, Read(table)["a"]);
        Assert.Equal(7, (await table.TakePendingAsync())[1].Sum(count => count.Amount));
        Assert.Empty(await table.TakePendingAsync());
    }

    [Fact]
    public async Task Pending_OfMembersThatWentMeanwhile_IsNotGivenToOthers()
    {
        var table = new CountTable(most: 4, hasStore: true);
        table.Add("old", 1, 5);
        table.Add("kept", 3, 5);
        Read(table);
        Assert.Equal(["kept"], Read(table, first: 2).Keys); // the cell of "old" is free now
        table.Add("new", 3, 1);

        Dictionary<long, List<(string Member, double Amount)>> pending = await table.TakePendingAsync();

        Assert.Equal([("kept", 5.0), ("new", 1.0)], Assert.Single(pending).Value.Order());
    }

    [Fact]
    public void Read_OfManyBuckets_ForgetsThoseBefore_WhereverTheyAreInTheChain()
    {
        var table = new CountTable(most: 100, hasStore: false);
        foreach (long bucket in (long[])[5, 2, 7, 1, 6, 3])
        {
            table.Add("many", bucket, Math.Pow(10, bucket));
            table.Add($"only{bucket}", bucket, 1);
            Read(table); // so that each is a cell in the order of coming
        }

        Assert.Equal(11_101_110, Read(table)["many"], 1e-6);
        Dictionary<string, double> sums = Read(table, first: 4);

        Assert.Equal(11_100_000, sums["many"], 1e-6);
        Assert.Equal(["many", "only5", "only6", "only7"], sums.Keys.Order());
        table.Add("many", 6, 1);
        Assert.Equal(11_100_001, Read(table, first: 4)["many"], 1e-6);
        Assert.Empty(Read(table, first: 8));
    }

    [Fact]
    public async Task Mark_MovesWithWhatIsAddedOrTakenOver_AndNotByFadingALittle()
    {
        var table = new CountTable(most: 100, hasStore: true);
        Assert.False(Mark(table).MovedSince(null));
        table.Add("a", 1, 1_000);
        CountsMark first = Mark(table);
        Assert.True(first.MovedSince(null));
        Assert.False(Mark(table).MovedSince(first));
        Assert.False(Mark(table, weight: 0.995).MovedSince(first));
        Assert.True(Mark(table, weight: 0.98).MovedSince(first));

        table.Add("a", 1, 1e-3);
        CountsMark second = Mark(table);
        Assert.True(second.MovedSince(first));
        await table.TakePendingAsync();
        await table.ReplaceAsync(1, new Dictionary<string, double> { ["a"] = second.Sum }, Now);
        Assert.False(Mark(table).MovedSince(second));
        await table.ReplaceAsync(1, new Dictionary<string, double> { ["a"] = second.Sum, ["b"] = 1e-3 }, Now);
        Assert.True(Mark(table).MovedSince(second));
    }

    [Fact]
    public async Task Add_WhileSomebodyReads_DoesNotWait()
    {
        var table = new CountTable(most: 100, hasStore: true);
        table.Add("a", 1, 1);
        bool added = false;
        Task<Dictionary<long, List<(string, double)>>>? pending = null;

        table.Read(0, _ => 1, (_, _) =>
        {
            // On another thread: the lock of one thread would let itself in.
            var adding = new Thread(() => table.Add("b", 1, 1));
            adding.Start();
            added = adding.Join(TimeSpan.FromSeconds(10));
            pending = table.TakePendingAsync().AsTask();
            Assert.False(pending.IsCompleted);
        });

        Assert.True(added);
        Assert.Equal([("a", 1.0), ("b", 1.0)], (await pending!)[1].Order());
    }

    [Fact]
    public async Task Counts_OfManyThreads_AreAllThere()
    {
        var table = new CountTable(most: 2_000, hasStore: true);
        var stored = new Dictionary<string, double>();
        bool isDone = false;
        Task storing = Task.Run(async () =>
        {
            for (bool last = false; !last;)
            {
                last = Volatile.Read(ref isDone);
                foreach ((string member, double amount) in (await table.TakePendingAsync()).Values.SelectMany(list => list))
                    stored[member] = stored.GetValueOrDefault(member) + amount;
                Read(table);
            }
        });

        await Parallel.ForAsync(0, 4, (_, _) =>
        {
            for (int i = 0; i < 20_000; i++)
                table.Add($"m{i % 500}", i % 3, 1);
            return ValueTask.CompletedTask;
        });
        Volatile.Write(ref isDone, true);
        await storing;

        Assert.Equal((500, 80_000.0), (stored.Count, stored.Values.Sum()));
        Assert.All(Read(table).Values, sum => Assert.Equal(160, sum));
    }

    private static Dictionary<string, double> Read(CountTable table, long first = 0)
    {
        var counts = new Dictionary<string, double>();
        table.Read(first, _ => 1, counts.Add);
        return counts;
    }

    private static CountsMark Mark(CountTable table, double weight = 1) => table.Read(0, _ => weight, (_, _) => { });
}
