using Inference.Recommendations.Surfaces;
using Inference.Server.Requests;
using Recsys.V1;
using UnitTests.Recommendations.MakeUp;
using Xunit;

namespace UnitTests.Server;

public sealed class SlateOptionTests
{
    private readonly MadeUpShop _shop = new();

    [Fact]
    public void Check_WithEverythingWrong_TellsAll()
    {
        var slate = new SlateOptions
        {
            Caps = { new Recsys.V1.AttributeCap { Attribute = "brand", Most = 1 }, new Recsys.V1.AttributeCap { Attribute = "brand", Most = 0 }, new Recsys.V1.AttributeCap { Attribute = "colour", Most = 1 } },
            Pins = { new PinnedItem { ItemId = "i1", Rank = 1 }, new PinnedItem { ItemId = "i1", Rank = 2 }, new PinnedItem { ItemId = "i2", Rank = 1 }, new PinnedItem { ItemId = "i3", Rank = 0 } },
            Boosts = { new Recsys.V1.Boost { Filter = "price <", Amount = 1 }, new Recsys.V1.Boost { Filter = "price < 2", Amount = double.NaN } },
            Calibration = new CalibrationOptions { Strength = 2, PopularShare = -0.1 },
        };

        string[] fields = [.. RequestRules.Check(new RecommendRequest { Options = new RecommendOptions { Slate = slate } }, _shop.Snapshot)!.Violations.Select(one => one.Field["options.slate.".Length..])];

        Assert.Equal(
            ["caps[1].attribute", "caps[1].most", "caps[2].attribute", "pins[1].item_id", "pins[2].rank", "pins[3].rank", "boosts[0].filter", "boosts[1].amount", "calibration.strength", "calibration.popular_share"], fields);
    }

    [Fact]
    public void Merge_TakesTheRequestsListsAndKeepsTheOthers()
    {
        var surface = new SlateRules { Diversity = 0.3, Caps = [new("brand", 1)], Pins = [new("i1", 1)], CoverageAttribute = "brand", Calibration = new Calibration(0.5) };
        var options = new RecommendOptions { Diversity = new DiversityOptions(), Slate = new SlateOptions { Caps = { new Recsys.V1.AttributeCap { Attribute = "tags", Most = 2 } }, Boosts = { new Recsys.V1.Boost { Filter = "price < 2", Amount = 1 } } } };

        SlateRules merged = SlateRulesMapping.Merge(surface, options);

        Assert.Equal(0, merged.Diversity);
        Assert.Equal(new Inference.Recommendations.Surfaces.AttributeCap("tags", 2), Assert.Single(merged.Caps));
        Assert.Same(surface.Pins, merged.Pins);
        Assert.Equal("price < 2", Assert.Single(merged.Boosts).Name);
        Assert.Equal((0.5, "brand"), (merged.Calibration.Strength, merged.CoverageAttribute));
        Assert.Same(surface, SlateRulesMapping.Merge(surface, new RecommendOptions { Explain = true }));
    }
}
