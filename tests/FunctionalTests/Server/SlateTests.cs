using System.Globalization;
using Recsys.V1;
using Xunit;

namespace FunctionalTests.Server;

/// <summary>Rules of slates over gRPC, all in one request, with real towers.</summary>
public sealed class SlateTests : IAsyncLifetime
{
    private RunningServer _server = null!;

    public async Task InitializeAsync() => _server = await RunningServer.StartAsync(change: CatalogueBundle.Of);

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task Recommend_WithAllRules_KeepsThemAndSaysWhatMoved()
    {
        RecommendResponse response = await _server.Recommendations.RecommendAsync(new() { UserId = "ann", Limit = 6, Options = Rules(pin: "item-38", place: 2, cap: 3) });

        AssertKeepsTheRules(response.Items, response.Report, pin: "item-38", place: 2, cap: 3);
        Assert.DoesNotContain(response.Degraded, label => label.Component == "slate");
    }

    [Fact]
    public async Task SimilarItems_WithAllRules_KeepsThemAndSaysWhatMoved()
    {
        SimilarItemsResponse response = await _server.Recommendations.SimilarItemsAsync(new() { ItemIds = { "item-3" }, Limit = 6, Options = Rules(pin: "item-37", place: 5, cap: 3) });

        AssertKeepsTheRules(response.Items, response.Report, pin: "item-37", place: 5, cap: 3);
        Assert.DoesNotContain(response.Items, item => item.ItemId == "item-3");
        Assert.DoesNotContain(response.Degraded, label => label.Component == "slate");
    }

    [Fact]
    public async Task Recommend_OfPages_KeepsCapsOverAllOfThem()
    {
        RecommendRequest request = new() { UserId = "ann", Limit = 3, Options = new() { IncludeSeen = true, Slate = new() { Caps = { new AttributeCap { Attribute = "colour", Most = 3 } } } } };
        RecommendResponse first = await _server.Recommendations.RecommendAsync(request);
        request.PageToken = first.NextPageToken;
        RecommendResponse second = await _server.Recommendations.RecommendAsync(request);
        request.PageToken = second.NextPageToken;
        RecommendResponse third = await _server.Recommendations.RecommendAsync(request);

        Assert.Equal(3, first.Items.Concat(second.Items).Count(IsRed));
        Assert.Equal(6, first.Items.Concat(second.Items).Select(item => item.ItemId).Distinct().Count());
        // Both colours are used up, and a page is not short because of that.
        Assert.Equal(3, third.Items.Count);
        Assert.DoesNotContain(third.Degraded, label => label.Component == "slate");
    }

    private static RecommendOptions Rules(string pin, int place, int cap) => new()
    {
        Explain = true,
        Diversity = new() { Strength = 0.3 },
        Slate = new()
        {
            Caps = { new AttributeCap { Attribute = "colour", Most = cap } },
            Pins = { new PinnedItem { ItemId = pin, Rank = place } },
            Boosts = { new Boost { Filter = "sizes >= 20", Amount = 2, Name = "large" }, new Boost { Filter = "colour = \"blue\"", Amount = -0.5, Name = "blue" } },
            Calibration = new() { Strength = 0.1, PopularShare = 0.5 },
        },
    };

    private static void AssertKeepsTheRules(IReadOnlyList<RecommendedItem> items, SlateReport report, string pin, int place, int cap)
    {
        Assert.NotNull(report);
        Assert.Equal(6, items.Select(item => item.ItemId).Distinct().Count());
        Assert.Equal(pin, items[place - 1].ItemId);
        Assert.Equal(pin, Assert.Single(items, item => item.Adjustments.Any(adjustment => adjustment.Kind == AdjustmentKind.Pinned)).ItemId);
        Assert.InRange(items.Count(IsRed), 6 - cap, cap);
        Assert.Contains(items, item => RowOf(item) >= 19 && item.ItemId != pin);
        foreach (RecommendedItem item in items)
        {
            Assert.Equal(item.Score, item.Parts.Sum(part => part.Contribution), 1e-4 * Math.Max(1, Math.Abs(item.Score)));
            string[] expected = [.. new[] { (Is: RowOf(item) >= 19, Name: "large"), (Is: !IsRed(item), Name: "blue") }.Where(boost => boost.Is).Select(boost => boost.Name)];
            if (item.Source == "pins")
                expected = []; // boosts move what was found, and nobody found it
            Assert.Equal(expected, item.Adjustments.Where(adjustment => adjustment.Kind == AdjustmentKind.Boosted).Select(adjustment => adjustment.Name));
            Assert.Equal(expected.Select(name => $"boost:{name}"), item.Parts.Where(part => part.Name.StartsWith("boost:", StringComparison.Ordinal)).Select(part => part.Name));
            Assert.All(item.Adjustments.Where(adjustment => adjustment.Kind == AdjustmentKind.Boosted), boost => Assert.True(boost.Amount > 0 == (boost.Name == "large"), $"{boost}"));
        }
    }

    private static int RowOf(RecommendedItem item) => int.Parse(item.ItemId.AsSpan(5), CultureInfo.InvariantCulture);

    private static bool IsRed(RecommendedItem item) => RowOf(item) % 2 == 0;
}
