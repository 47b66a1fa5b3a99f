using Inference.Recommendations.Features;
using Inference.Recommendations.Snapshots;
using Xunit;

namespace UnitTests.Recommendations;

public sealed class ValueListsTests
{
    [Fact]
    public void Build_OfItems_ListsThemByValueMostPopularFirst()
    {
        ItemCatalogue items = Catalogue(8, row => row == 7 ? null : row == 6 ? ["lone"] : row % 2 == 0 ? ["even"] : ["odd", "third"]);
        ValueLists lists = ValueLists.Build(items, "tag", new Popularity([0f, 0.1f, 0.2f, 0.3f, 0.2f]), CancellationToken.None);

        // Rows 5 to 7 came after those that popularity knows.
        Assert.Equal([2, 4, 0], lists.Of(ValueOf(lists, 0)).ToArray());
        int list = lists.Numbers.Of(1);
        Assert.All(lists.Numbers.In(list).ToArray(), value => Assert.Equal([3, 1, 5], lists.Of(value).ToArray()));
        Assert.True(lists.Of(ValueOf(lists, 6)).IsEmpty);
        Assert.Equal(MathF.Log(8f / 3), lists.WeightOf(ValueOf(lists, 0)), 1e-6f);
        Assert.Equal(MathF.Log(8f), lists.WeightOf(ValueOf(lists, 6)), 1e-6f);
        Assert.Equal((0f, 0), (lists.WeightOf(1_000_000), lists.Of(1_000_000).Length));
        Assert.False(lists.IsUnique);
    }

    [Fact]
    public void Build_OfAValueThatManyHave_KeepsTheMostPopularAndCountsAll()
    {
        const int count = 5_000;
        ItemCatalogue items = Catalogue(count, row => [row % 5 == 0 ? "few" : "many"]);
        ValueLists lists = ValueLists.Build(items, "tag", new Popularity([.. Enumerable.Range(0, count).Select(row => row / (float)count)]), CancellationToken.None);

        Assert.Equal(Enumerable.Range(0, count).Reverse().Where(row => row % 5 == 0), lists.Of(ValueOf(lists, 0)).ToArray());
        Assert.Equal(4_000, lists.Of(ValueOf(lists, 1)).Length);
        Assert.Equal(MathF.Log(5f / 4), lists.WeightOf(ValueOf(lists, 1)), 1e-6f);

        ItemCatalogue same = Catalogue(count, _ => ["all"]);
        ValueLists all = ValueLists.Build(same, "tag", new Popularity(new float[count]), CancellationToken.None);
        Assert.Equal(Enumerable.Range(0, ValueLists.Longest), all.Of(ValueOf(all, 0)).ToArray());
        Assert.Equal(0f, all.WeightOf(ValueOf(all, 0)));
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(9, true)]
    [InlineData(10, false)]
    [InlineData(100, false)]
    public void Build_OfValuesThatHardlyTwoItemsShare_RefusesThem(int shared, bool isUnique)
    {
        ItemCatalogue items = Catalogue(100, row => [row < shared ? "shared" : $"own {row}"]);
        ValueLists lists = ValueLists.Build(items, "tag", new Popularity(new float[100]), CancellationToken.None);
        Assert.Equal(isUnique, lists.IsUnique);
    }

    [Fact]
    public void Build_WhenNobodyAsksAnyMore_GivesUp()
    {
        ItemCatalogue items = Catalogue(10, _ => ["a"]);
        Assert.Throws<OperationCanceledException>(() => ValueLists.Build(items, "tag", new Popularity(new float[10]), new CancellationToken(canceled: true)));
    }

    private static int ValueOf(ValueLists lists, int row) => lists.Numbers.Of(row);

    private static ItemCatalogue Catalogue(int items, Func<int, string[]?> tags)
    {
        var contents = new ItemContents();
        for (int row = 0; row < items; row++)
        {
            string[]? own = tags(row);
            contents.Add(own is null ? ItemContent.Empty : ItemContent.Empty with { Attributes = new Dictionary<string, FeatureValue> { ["tag"] = own.Length == 1 ? FeatureValue.Of(own[0]) : FeatureValue.Of(own) } });
        }

        return new ItemCatalogue([.. Enumerable.Range(0, items).Select(row => $"i{row}")], contents);
    }
}
