using System.Globalization;
using Inference.Recommendations.Features;
using Inference.Recommendations.Filters;
using Xunit;

namespace UnitTests.Recommendations.Filters;

/// <summary>Which rows filters select: by tables, and by random filters over random items that change, held against an evaluation of one item after the other.</summary>
public sealed class FilterRowsTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 1, 0, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("brand = \"acme\"", "i0")]
    [InlineData("brand != \"acme\"", "i1")] // i2 has none: false
    [InlineData("not brand = \"acme\"", "i1 i2")]
    [InlineData("brand in [\"acme\", \"zeta\"] or missing(brand)", "i0 i1 i2")]
    [InlineData("brand not in [\"acme\", \"zeta\"]", "")]
    [InlineData("brand > \"acme\"", "i1")]
    [InlineData("price < 20", "i0 i2")]
    [InlineData("price in [5, 20]", "i0 i1")]
    [InlineData("stock > 0 and price >= 5", "i0")]
    [InlineData("tags has \"new\"", "i0 i2")]
    [InlineData("tags != \"new\"", "i1")]
    [InlineData("sizes > 41", "i1")]
    [InlineData("sizes = 38 or sizes = 44", "i0 i1")]
    [InlineData("within(place, 52.52, 13.40, 5km)", "i0")]
    [InlineData("within(place, 52.52, 13.40, 300km)", "i0 i1")]
    [InlineData("until > now()", "i0 i2")]
    [InlineData("until > now() - 30d", "i0 i1 i2")]
    [InlineData("until < time(\"2026-10-31T00:00:01Z\")", "i1")]
    [InlineData("gift = true", "i0 i2")]
    [InlineData("gift != true", "i1")]
    [InlineData("price", null)]
    [InlineData("false", "")]
    [InlineData("unheard.of = 1 or missing(unheard.of)", "i0 i1 i2")]
    public async Task Find_SelectsTheRows(string filter, string? ids)
    {
        using var shop = new FilterShop(
            new()
            {
                ["brand"] = FeatureValue.Of("acme"), ["price"] = FeatureValue.Of(5L), ["stock"] = FeatureValue.Of(3L), ["tags"] = FeatureValue.Of(["new", "sale"]), ["sizes"] = FeatureValue.Of([38L, 40L]),
                ["place"] = FeatureValue.Of([52.50, 13.41]), ["until"] = FeatureValue.Of("2026-11-02"), ["gift"] = FeatureValue.Of("TRUE"),
            },
            new()
            {
                ["brand"] = FeatureValue.Of("zeta"), ["price"] = FeatureValue.Of(20.0), ["stock"] = FeatureValue.Of(0L), ["tags"] = FeatureValue.Of("old"), ["sizes"] = FeatureValue.Of([42.5, 44]),
                ["place"] = FeatureValue.Of([53.55, 9.99]), ["until"] = FeatureValue.Of("2026-10-31T00:00:00Z"), ["gift"] = FeatureValue.Of(0L),
            },
            new() { ["price"] = FeatureValue.Of(-1e300), ["tags"] = FeatureValue.Of("new"), ["until"] = FeatureValue.Of(1_800_000_000L), ["gift"] = FeatureValue.Of(1L) });

        if (ids is null)
            Assert.False(ItemFilter.TryParse(filter, out _, out _));
        else
            Assert.Equal(ids.Split(' ', StringSplitOptions.RemoveEmptyEntries), await shop.IdsAsync(filter, Now));
    }

    [Fact]
    public async Task Find_ReadsAFeature_WhereTheItemHasNoSuchAttribute()
    {
        var world = new World(itemTower: new AxisItemTower());
        world.Snapshot.Editor.Apply([new("new", 1, new(null, AxisItemTower.On(1, 2), new Dictionary<string, FeatureValue> { ["length"] = FeatureValue.Of(9L) }))], [0f, 1f, 0f]);

        Assert.Equal(1, (await world.Snapshot.Items.Filters.FindAsync(ItemFilterTests.Of("axis = 1"), Now, CancellationToken.None)).Rows.Count);
        Assert.Equal(0, (await world.Snapshot.Items.Filters.FindAsync(ItemFilterTests.Of("length = 2"), Now, CancellationToken.None)).Rows.Count);
        Assert.Equal(1, (await world.Snapshot.Items.Filters.FindAsync(ItemFilterTests.Of("length = 9"), Now, CancellationToken.None)).Rows.Count);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Find_OfRandomFiltersWhileItemsChange_AgreesWithOneItemAfterTheOther(int seed)
    {
        var random = new Random(seed);
        Dictionary<string, FeatureValue>[] first = [.. Enumerable.Range(0, 500).Select(_ => Item(random))];
        using var shop = new FilterShop(first);
        var items = new Dictionary<string, Dictionary<string, FeatureValue>>();
        for (int i = 0; i < first.Length; i++)
            items[$"i{i}"] = first[i];
        string[] kept = [.. Enumerable.Range(0, 12).Select(_ => Expression(random, 3))];
        var kinds = new HashSet<FilterLookupKind>();
        for (int round = 0; round < 120; round++)
        {
            Change(shop, items, random);
            string text = round % 3 == 0 ? Expression(random, 4) : kept[random.Next(kept.Length)];
            ItemFilter filter = ItemFilterTests.Of(text);
            DateTimeOffset now = Now.AddSeconds(round / 40 * 86_400);

            FilterLookup lookup = await shop.Filters.FindAsync(filter, now, CancellationToken.None);

            kinds.Add(lookup.Kind);
            string[] expected = [.. items.Where(item => NaiveFilter.Holds(filter.Root, item.Value, now.ToUnixTimeSeconds())).Select(item => item.Key).Order(StringComparer.Ordinal)];
            string[] actual = [.. Enumerable.Range(0, lookup.Rows.Rows.RowCount).Where(lookup.Rows.Rows.Contains).Select(shop.Items.IdOf).Order(StringComparer.Ordinal)];
            Assert.True(expected.SequenceEqual(actual), $"seed {seed}, round {round}, {lookup.Kind}: {text}\nmissing {string.Join(' ', expected.Except(actual))}\ntoo much {string.Join(' ', actual.Except(expected))}");
            Assert.Equal((expected.Length, items.Count), (lookup.Rows.Count, lookup.Rows.Items));
        }

        Assert.Contains(FilterLookupKind.Patched, kinds);
        Assert.Contains(FilterLookupKind.Compiled, kinds);
    }

    private static void Change(FilterShop shop, Dictionary<string, Dictionary<string, FeatureValue>> items, Random random)
    {
        for (int change = random.Next(6); change > 0; change--)
        {
            string id = random.Next(3) == 0 ? $"n{random.Next(200)}" : $"i{random.Next(500)}";
            if (random.Next(3) == 0)
            {
                shop.Delete(id);
                items.Remove(id);
            }
            else
            {
                Dictionary<string, FeatureValue> item = Item(random);
                shop.Put(id, item);
                items[id] = item;
            }
        }
    }

    private static Dictionary<string, FeatureValue> Item(Random random)
    {
        var item = new Dictionary<string, FeatureValue>();
        foreach (string name in (string[])["a", "b", "c", "d", "e"])
        {
            // Each name is of its own kind most of the time, and of any kind now and then.
            int kind = random.Next(8) == 0 ? random.Next(8) : name[0] - 'a';
            FeatureValue value = kind switch
            {
                0 => FeatureValue.Of((long)random.Next(-3, 4)),
                1 => FeatureValue.Of(Word(random)),
                2 => FeatureValue.Of([.. Enumerable.Range(0, random.Next(4)).Select(_ => Word(random))]),
                3 => FeatureValue.Of((double[])[random.Next(-100, 101), random.Next(-200, 201)]),
                4 => FeatureValue.Of(Now.AddDays(random.Next(-4, 5)).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)),
                5 => FeatureValue.Of(random.Next(-6, 7) / 2.0),
                6 => FeatureValue.Of((long[])[.. Enumerable.Range(0, random.Next(4)).Select(_ => (long)random.Next(-3, 4))]),
                _ => FeatureValue.Of(Now.AddDays(random.Next(-4, 5)).ToUnixTimeSeconds()),
            };
            if (random.Next(5) > 0)
                item[name] = value;
        }

        return item;
    }

    private static string Word(Random random) => ((string[])["x", "y", "zz", "", "true", "False", "ä"])[random.Next(7)];

    private static string Expression(Random random, int depth)
    {
        string name = ((char)('a' + random.Next(6))).ToString();
        string sign = ((string[])["=", "!=", "<", "<=", ">", ">="])[random.Next(6)];
        string Many(Func<string> one) => string.Join(", ", Enumerable.Range(0, random.Next(1, 12)).Select(_ => one()));
        string Number() => (random.Next(-6, 7) / 2.0).ToString(CultureInfo.InvariantCulture);
        if (depth > 0 && random.Next(3) > 0)
        {
            return random.Next(4) switch
            {
                0 => $"not ({Expression(random, depth - 1)})",
                1 => $"({Expression(random, depth - 1)}) or {Expression(random, 0)} or ({Expression(random, depth - 1)})",
                _ => $"({Expression(random, depth - 1)}) and ({Expression(random, depth - 1)})",
            };
        }

        return random.Next(9) switch
        {
            0 => $"{name} {sign} {Number()}",
            1 => $"{name} {sign} \"{Word(random)}\"",
            2 => $"{name} {(random.Next(2) == 0 ? "not in" : "in")} [{Many(Number)}]",
            3 => $"{name} {(random.Next(2) == 0 ? "not in" : "in")} [{Many(() => $"\"{Word(random)}\"")}]",
            4 => $"{(random.Next(2) == 0 ? "missing" : "exists")}({name})",
            5 => $"{name} {(random.Next(2) == 0 ? "=" : "!=")} {(random.Next(2) == 0 ? "true" : "false")}",
            6 => $"{name} {sign} now() + {random.Next(5)}d - {random.Next(5)}d",
            7 => FormattableString.Invariant($"within(d, {random.Next(-90, 91)}, {random.Next(-180, 181)}, {random.Next(1, 200) * 100}km)"),
            _ => FormattableString.Invariant($"within(a, {name}, {random.Next(-5, 5)}, {random.Next(-5, 5)}, {random.Next(1, 9) * 100 + 7}km)"),
        };
    }
}
