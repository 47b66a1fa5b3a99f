using Inference.Recommendations.Users;
using Inference.Storage.Users;
using Xunit;

namespace UnitTests.Storage.Users;

public class InteractionLogTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Add_InAnyOrder_HoldsTheLatestOfAPlainSet(int seed)
    {
        var random = new Random(seed);
        const int most = 15;
        InteractionLog log = InteractionLog.Empty;
        var model = new Dictionary<ulong, Interaction>();
        var views = new List<(InteractionLog Log, Interaction[] Expected)>();
        for (int i = 0; i < 2_000; i++)
        {
            // Mostly later than all before, sometimes late, sometimes again, often at the same time.
            Interaction item = Item((ulong)random.Next(3_000), random.Next(10) < 8 ? i / 3 : random.Next(i + 1) / 3);
            item = model.GetValueOrDefault(item.EventKey, item);
            log = log.Add(item, most, out Added added);
            model[item.EventKey] = item;
            Interaction[] expected = Latest(model.Values, most);
            Assert.Equal(expected, log);
            Assert.Equal(expected.Contains(item), added != Added.TooOld);
            if (i % 50 == 0)
                views.Add((log, expected));
        }

        // Views share buffers, and later additions changed none of them.
        Assert.All(views, view => Assert.Equal(view.Expected, view.Log));
    }

    [Fact]
    public void Union_IsTheSameFromBothSides_AndOfTheSameIsItself()
    {
        var random = new Random(4);
        for (int round = 0; round < 200; round++)
        {
            Interaction[] all = [.. Enumerable.Range(0, 30).Select(i => Item((ulong)i, random.Next(20)))];
            InteractionLog a = InteractionLog.Of([.. all.Where(_ => random.Next(2) == 0)], 10), b = InteractionLog.Of([.. all.Where(_ => random.Next(2) == 0)], 10);

            Assert.Equal(a.Union(b, 10), b.Union(a, 10));
            Assert.Equal(Latest(a.Concat(b).DistinctBy(item => item.EventKey), 10), a.Union(b, 10));
            Assert.Same(a, a.Union(a, 10));
            Assert.Same(a, a.Union(InteractionLog.Of([.. a.Reverse()], 10), 10));
        }
    }

    [Fact]
    public void Add_ToTheSameViewTwice_KeepsBothBranchesApart()
    {
        InteractionLog one = InteractionLog.Of([Item(1, 1)], 10);

        InteractionLog left = one.Add(Item(2, 2), 10, out _), right = one.Add(Item(3, 3), 10, out _);

        Assert.Equal([1UL, 2], left.Select(item => item.EventKey));
        Assert.Equal([1UL, 3], right.Select(item => item.EventKey));
    }

    [Fact]
    public void Add_ToAFullLog_AllocatesLittleMoreThanAView()
    {
        InteractionLog log = InteractionLog.Of([.. Enumerable.Range(0, 200).Select(i => Item((ulong)i, i))], 200);
        Interaction[] later = [.. Enumerable.Range(1_000, 1_000).Select(i => Item((ulong)i, i))];
        log = log.Add(Item(999, 999), 200, out _);

        long before = GC.GetAllocatedBytesForCurrentThread();
        foreach (Interaction item in later)
            log = log.Add(item, 200, out _);
        long each = (GC.GetAllocatedBytesForCurrentThread() - before) / later.Length;

        // A new buffer of 250 places for each 50 additions, and a view for each.
        Assert.InRange(each, 0, 300);
    }

    private static Interaction Item(ulong key, int minute) => new(key, $"i{key}", InteractionType.Click, Start + TimeSpan.FromMinutes(minute), 0);

    private static Interaction[] Latest(IEnumerable<Interaction> items, int most) => [.. items.OrderBy(item => item.Time).ThenBy(item => item.EventKey).TakeLast(most)];
}
