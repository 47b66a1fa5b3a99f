using Inference.Recommendations.Features;
using Inference.Recommendations.Filters;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Snapshots;
using Xunit;

namespace UnitTests.Recommendations.Filters;

/// <summary>Whether filters fit the attributes of a catalogue.</summary>
public sealed class FilterCheckTests
{
    private readonly FilterShop _shop = new(
        new()
        {
            ["brand"] = FeatureValue.Of("acme"),
            ["price"] = FeatureValue.Of(3.5),
            ["tags"] = FeatureValue.Of(["a", "b"]),
            ["place"] = FeatureValue.Of([52.0, 13.0]),
            ["mixed"] = FeatureValue.Of(1L),
            ["empty"] = FeatureValue.Of(Array.Empty<string>()),
        },
        new() { ["mixed"] = FeatureValue.Of("one") });

    [Theory]
    [InlineData("brand = \"x\" and price < 3 and tags has \"a\" and exists(mixed)")]
    [InlineData("mixed = 1 or mixed = \"one\"")]
    [InlineData("price = true or brand = false or brand < now()")]
    [InlineData("within(place, 1, 2, 3km) or within(price, mixed, 1, 2, 3km)")]
    [InlineData("true")]
    public void TryRead_OfWhatFits_TakesIt(string text) => Assert.True(_shop.Filters.TryRead(text, out _, out FilterError? error), error?.ToString());

    [Theory]
    [InlineData("price < 3 and brnad = \"x\"", 14, "'brnad' is no attribute; did you mean 'brand'?")]
    [InlineData("Brand = \"x\"", 0, "'Brand' is no attribute; did you mean 'brand'?")]
    [InlineData("something.else = 1", 0, "'something.else' is no attribute of any item.")]
    [InlineData("missing(prise)", 8, "'prise' is no attribute; did you mean 'price'?")]
    [InlineData("empty = 1", 0, "'empty' is no attribute")]
    [InlineData("price = \"3\"", 8, "'price' is a number, and this is a text.")]
    [InlineData("brand in [1, 2]", 10, "'brand' is a text, and this is a number.")]
    [InlineData("tags < 3", 7, "'tags' is a list of texts, and this is a number.")]
    [InlineData("within(brand, 1, 2, 3km)", 7, "'brand' is a text; 'within' wants a list of latitude and longitude here.")]
    [InlineData("within(price, place, 1, 2, 3km)", 14, "'place' is a list of numbers; 'within' wants a number here.")]
    public void TryRead_OfWhatDoesNotFit_SaysWhereAndWhy(string text, int position, string message)
    {
        Assert.False(_shop.Filters.TryRead(text, out ItemFilter? filter, out FilterError? error));

        Assert.Null(filter);
        Assert.Equal(position, error.Position);
        Assert.StartsWith(message, error.Message, StringComparison.Ordinal);
        Assert.StartsWith($"at {position}: '", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void TryRead_WhileItemsComeAndGo_KnowsWhatHasBeen()
    {
        Assert.False(_shop.Filters.TryRead("colour = \"red\"", out _, out _));

        _shop.Put("new", new() { ["colour"] = FeatureValue.Of("red") });
        Assert.True(_shop.Filters.TryRead("colour = \"red\"", out ItemFilter? filter, out _));
        Assert.False(_shop.Filters.TryRead("colour < 1", out _, out _));

        _shop.Delete("new");
        Assert.True(_shop.Filters.TryRead("colour = \"blue\"", out _, out _));
        Assert.True(_shop.Filters.TryRead("colour = \"red\"", out ItemFilter? again, out _));
        Assert.Same(filter, again);
    }

    [Fact]
    public void TryRead_WithoutAnyItem_TakesEverythingForNow()
    {
        using var empty = new FilterShop();

        Assert.True(empty.Filters.TryRead("colour = \"red\"", out _, out _));
        empty.Put("new", new() { ["brand"] = FeatureValue.Of("acme") });
        Assert.False(empty.Filters.TryRead("colour = \"red\"", out _, out _));
    }

    [Fact]
    public void Prepare_ChecksTheFilterOfAllRequests()
    {
        Assert.Null(_shop.Filters.Prepare(new FilterOptions { Always = "price > 0 or missing(until)" }, CancellationToken.None).Error);
        Assert.Equal(["until"], _shop.Filters.Prepare(new FilterOptions { Always = "price > 0 or missing(until)" }, CancellationToken.None).UnknownAttributes);
        Assert.Equal(8, _shop.Filters.Prepare(new FilterOptions { Always = "price > \"0\"" }, CancellationToken.None).Error?.Position);
    }
}
