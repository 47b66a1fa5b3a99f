using Inference.Recommendations.Features;
using Inference.Recommendations.Snapshots;
using Xunit;

namespace UnitTests.Recommendations;

public sealed class AttributeNumbersTests
{
    private const int Items = 2_000;

    private readonly ItemCatalogue _items;

    public AttributeNumbersTests()
    {
        var contents = new ItemContents();
        for (int i = 0; i < Items; i++)
            contents.Add(ItemContent.Empty with { Attributes = new Dictionary<string, FeatureValue> { ["tags"] = FeatureValue.Of([$"t{i % 3}", "all"]), ["one"] = FeatureValue.Of([$"t{i % 3}"]) } });
        _items = new ItemCatalogue([.. Enumerable.Range(0, Items).Select(i => $"i{i}")], contents);
    }

    [Fact]
    public void Of_EqualLists_IsOneNumberAndKeepsOneList()
    {
        AttributeNumbers numbers = _items.NumbersOf("tags");

        int[] told = [.. Enumerable.Range(0, Items).Select(numbers.Of)];

        Assert.Equal(3, numbers.Lists);
        Assert.Equal(told[0], told[3]);
        Assert.NotEqual(told[0], told[1]);
        Assert.True(numbers.Share(told[0], told[1]));
        Assert.Equal(2, numbers.In(told[0]).Length);
    }

    [Fact]
    public void Of_AListOfOne_IsThatOfTheValue()
    {
        AttributeNumbers numbers = _items.NumbersOf("one");

        Assert.True(numbers.Share(numbers.Of(0), numbers.Of(3)));
        Assert.False(numbers.Share(numbers.Of(0), numbers.Of(1)));
        Assert.Equal(0, numbers.Lists);
    }
}
