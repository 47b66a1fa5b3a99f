using Inference.Recommendations.Pipeline;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Snapshots;
using Inference.Recommendations.Surfaces;
using Xunit;

namespace UnitTests.Recommendations.MakeUp;

public sealed class SlateMakeUpTests
{
    private readonly MadeUpShop _shop = new();

    [Fact]
    public void Apply_WithDiversity_PassesOverItemsThatAreLikeThoseAbove()
    {
        MadeUpShop.Made made = _shop.Make(new SlateRules { Diversity = 0.5 });

        Assert.Equal([0, 2, 4, 6, 8, 10], made.Rows); // each second one is like the one before it
        Assert.Equal(new Adjustment(AdjustmentKind.Diversified, "", 0, 3), Assert.Single(made.Adjustments[1]));
        Assert.Equal([30f, 28f, 26f], made.Places[..3].Select(place => place.Score)); // scores stay those of relevance
    }

    [Fact]
    public void Apply_WithACap_ShowsNoMoreOfAValue()
    {
        MadeUpShop.Made made = _shop.Make(new SlateRules { Caps = [new AttributeCap("brand", 1)] }, limit: 3);

        Assert.Equal([0, 1, 2], made.Rows);

        made = _shop.Make(new SlateRules { Caps = [new AttributeCap("tags", 2)] }, limit: 4, candidates: 20);

        // 0: even, third; 1: odd; 2: even (full); 3: odd, third (both full); no other item has neither
        Assert.Equal([0, 1, 2, 3], made.Rows);
        Assert.Empty(made.Degraded);
    }

    [Theory]
    [InlineData(4, new[] { 1, 2, 4, 5 }, false)]
    [InlineData(6, new[] { 1, 2, 4, 5, 6, 9 }, false)] // all brands are used up, but b0 not on this page
    [InlineData(7, new[] { 1, 2, 4, 5, 6, 9, 7 }, true)] // on this page, too
    public void Apply_WithACapThatEarlierPagesUsedUp_ShowsOthersFirst(int limit, int[] expected, bool isGivenUp)
    {
        MadeUpShop.Made made = _shop.Make(new SlateRules { Caps = [new AttributeCap("brand", 2)] }, limit, earlier: [0, 3]);

        Assert.Equal(expected, made.Rows);
        Assert.Equal(isGivenUp, made.Degraded.Count > 0);
    }

    [Fact]
    public void Apply_WithDiversity_PassesOverWhatIsLikeEarlierPages()
    {
        MadeUpShop.Made made = _shop.Make(new SlateRules { Diversity = 0.5 }, limit: 4, earlier: [1]);

        Assert.Equal([2, 4, 6, 8], made.Rows); // 0 is like 1
    }

    [Fact]
    public void Apply_WithCapsOfSeveralAttributes_KeepsAll()
    {
        MadeUpShop.Made made = _shop.Make(new SlateRules { Caps = [new AttributeCap("brand", 2), new AttributeCap("tags", 3)] }, limit: 6);

        foreach (IGrouping<int, int> brand in made.Rows.GroupBy(row => row % 3))
            Assert.InRange(brand.Count(), 1, 2);
        Assert.InRange(made.Rows.Count(row => row % 2 == 0), 3, 3);
        Assert.Empty(made.Degraded);
    }

    [Fact]
    public void Apply_WhenACapPassesOver_NamesItsAttribute()
    {
        MadeUpShop.Made made = _shop.Make(new SlateRules { Caps = [new AttributeCap("tags", 2)], Pins = [new Pin("i4", 1)] }, limit: 3);

        Assert.Equal([4, 0, 1], made.Rows); // both are even
        made = _shop.Make(new SlateRules { Caps = [new AttributeCap("tags", 2)], Pins = [new Pin("i4", 1), new Pin("i6", 2)] }, limit: 3);
        Assert.Equal([4, 6, 1], made.Rows); // 0 is even, and has no room any more
        Assert.Equal(new Adjustment(AdjustmentKind.Capped, "tags", 0, 2), Assert.Single(made.Adjustments[2]));
    }

    [Fact]
    public void Apply_WhenCapsLeaveTooFew_GivesThemUpAndSaysSo()
    {
        MadeUpShop.Made made = _shop.Make(new SlateRules { Caps = [new AttributeCap("brand", 1)] }, limit: 5);

        Assert.Equal([0, 1, 2, 3, 4], made.Rows);
        Degradation label = Assert.Single(made.Degraded);
        Assert.Equal((Components.Slate, DegradationReason.TooFewCandidates), (label.Component, label.Reason));
        Assert.StartsWith("2 of 5", label.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Apply_WithItemsWithoutTheAttribute_CountsThemAsNothing()
    {
        MadeUpShop.Made made = _shop.Make(new SlateRules { Caps = [new AttributeCap("brand", 1)] }, limit: 6, candidates: 30);

        Assert.Equal([0, 1, 2, 27, 28, 29], made.Rows);
        Assert.Empty(made.Degraded);
    }

    [Fact]
    public void Apply_WithACapOfAnUnknownAttribute_SaysThatItChangesNothing()
    {
        MadeUpShop.Made made = _shop.Make(new SlateRules { Caps = [new AttributeCap("colour", 1)] });

        Assert.Equal([0, 1, 2, 3, 4, 5], made.Rows);
        Assert.Contains("'colour'", Assert.Single(made.Degraded).Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("i0", 3, 1)] // of the candidates
    [InlineData("i25", 1, 0)] // found by nobody
    [InlineData("i5", 6, 6)]
    public void Apply_WithAPin_PutsTheItemThere(string item, int rank, int from)
    {
        MadeUpShop.Made made = _shop.Make(new SlateRules { Pins = [new Pin(item, rank)] });

        Assert.Equal(6, made.Rows.Distinct().Count());
        Assert.Equal(int.Parse(item[1..], System.Globalization.CultureInfo.InvariantCulture), made.Rows[rank - 1]);
        Assert.Equal(new Adjustment(AdjustmentKind.Pinned, "", 0, from), Assert.Single(made.Adjustments[rank - 1]));
        Assert.Empty(made.Degraded);
    }

    [Fact]
    public void Apply_WithPinsBeyondTheEndOfAShortSlate_KeepsTheirOrder()
    {
        MadeUpShop.Made made = _shop.Make(new SlateRules { Pins = [new Pin("i0", 9), new Pin("i1", 8), new Pin("i2", 10)] }, limit: 10, candidates: 5);

        Assert.Equal([3, 4, 1, 0, 2], made.Rows);
    }

    [Fact]
    public void Apply_WithPinsThatMayNotBeShown_SaysHowMany()
    {
        MadeUpShop.Made made = _shop.Make(new SlateRules { Pins = [new Pin("nothing", 1), new Pin("i3", 2), new Pin("i9", 3)] }, excluded: ["i3"]);

        Assert.Equal([0, 1, 9, 2, 4, 5], made.Rows);
        Degradation label = Assert.Single(made.Degraded);
        Assert.Equal((Components.Slate, DegradationReason.UnknownItems), (label.Component, label.Reason));
        Assert.StartsWith("2 of 3", label.Detail, StringComparison.Ordinal);
        Assert.DoesNotContain("nothing", label.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Apply_WithAPinThatTheUserHasSeen_ShowsIt() => Assert.Equal([7, 0, 1], _shop.Make(new SlateRules { Pins = [new Pin("i7", 1)] }, limit: 3, seen: [7]).Rows);

    [Fact]
    public void Apply_WithAPinThatIsSeenAndExcluded_DoesNotShowIt()
    {
        MadeUpShop.Made made = _shop.Make(new SlateRules { Pins = [new Pin("i7", 1)] }, limit: 3, seen: [7], excluded: ["i7"]);

        Assert.Equal([0, 1, 2], made.Rows);
        Assert.Single(made.Degraded);
    }

    [Fact]
    public void Apply_WhenTheSlateIsTooShortForAPlace_PinsAtTheEnd() =>
        Assert.Equal([0, 1, 2, 20], _shop.Make(new SlateRules { Pins = [new Pin("i20", 9)] }, limit: 10, candidates: 3).Rows);

    [Fact]
    public void Apply_WithAPinBehindTheSlate_ShowsNothingOfIt() => Assert.Equal([0, 1, 2], _shop.Make(new SlateRules { Pins = [new Pin("i20", 9)] }, limit: 3).Rows);

    [Fact]
    public void Apply_WithABoost_AddsDeviationsOfTheScores()
    {
        MadeUpShop.Made made = _shop.Make(new SlateRules { Boosts = [new Boost("cheap", "price >= 10 and price < 12", 2)] }, candidates: 20);

        double deviation = Math.Sqrt(Enumerable.Range(11, 20).Average(score => Math.Pow(score - 20.5, 2)));
        Assert.Equal([10, 11], made.Rows[..2]); // 20 and 19, and 11.5 more
        Assert.Equal(20 + (2 * deviation), made.Places[0].Score, 1e-4);
        Adjustment adjustment = Assert.Single(made.Adjustments[0]);
        Assert.Equal((AdjustmentKind.Boosted, "cheap", 11), (adjustment.Kind, adjustment.Name, adjustment.FromRank));
        Assert.Equal(2 * deviation, adjustment.Amount, 1e-6);
        Assert.Equal("boost:cheap", made.Parts[0][^1].Name);
        for (int i = 0; i < made.Rows.Length; i++)
            Assert.Equal(made.Places[i].Score, made.Parts[i].Sum(part => part.Contribution), 1e-5);
    }

    [Fact]
    public void Apply_WithABoost_OrdersByTheScoresThatItStates()
    {
        MadeUpShop.Made made = _shop.Make(new SlateRules { Boosts = [new Boost("cheap", "price >= 10 and price < 12", 1.3)] }, limit: 20, candidates: 20);

        Assert.Equal([0, 1, 2, 10, 3, 11, 4], made.Rows[..7]); // 20 and 19, and 7.5 more
        Assert.Equal(made.Places.Select(place => place.Score).OrderDescending(), made.Places.Select(place => place.Score));
    }

    [Fact]
    public void Apply_WithBoostsThatOverlap_AddsThemUp()
    {
        MadeUpShop.Made made = _shop.Make(new SlateRules { Boosts = [new Boost("a", "price = 0", -1), new Boost("b", "price < 2", -1)] }, limit: 20);

        Assert.Equal(2, made.Adjustments[Array.IndexOf(made.Rows, 0)].Count);
        Assert.True(Array.IndexOf(made.Rows, 0) > Array.IndexOf(made.Rows, 1));
    }

    [Fact]
    public void Apply_WithABoostThatDoesNotFit_SaysSo()
    {
        MadeUpShop.Made made = _shop.Make(new SlateRules { Boosts = [new Boost("odd one", "colour = \"red\"", 2)] });

        Assert.Equal([0, 1, 2, 3, 4, 5], made.Rows);
        Assert.Contains("'odd one'", Assert.Single(made.Degraded).Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0.0, 0)]
    [InlineData(0.5, 3)]
    [InlineData(1.0, 4)]
    public void Apply_WithCalibration_GivesPopularItemsTheirShare(double share, int expected)
    {
        MadeUpShop.Made made = _shop.Make(new SlateRules { Calibration = new Calibration(0.9, share) });

        Assert.Equal(expected, made.Rows.Count(row => _shop.Snapshot.Popularity.IsPopular(row)));
    }

    [Fact]
    public void Apply_WithCalibration_GoesByTheHistoryAndTheShareOfAll()
    {
        Assert.Equal(4, _shop.Snapshot.Popularity.Ranked.ToArray().Count(item => _shop.Snapshot.Popularity.IsPopular(item.Row)));
        Assert.Equal(3.2 / 6, _shop.Snapshot.Popularity.PopularShare, 1e-6);

        int[] niche = [.. Enumerable.Range(10, 20).SelectMany(row => Enumerable.Repeat(row, 20))];
        int ofMany = _shop.Make(new SlateRules { Calibration = new Calibration(0.985) }, history: niche).Rows.Count(row => row < 4);
        int ofNone = _shop.Make(new SlateRules { Calibration = new Calibration(0.985) }).Rows.Count(row => row < 4);

        Assert.Equal(0, ofMany);
        Assert.Equal(3, ofNone); // 0.53 of 6, to the nearest
    }

    [Fact]
    public void Apply_OnRandomRules_GivesEachItemOnceWithPinsInTheirPlaces()
    {
        for (int seed = 1; seed <= 300; seed++)
        {
            var random = new Random(seed);
            int limit = random.Next(1, 25), candidates = random.Next(0, 26), depth = limit + random.Next(0, 10);
            string[] excluded = [.. Enumerable.Range(0, 30).Where(_ => random.Next(8) == 0).Select(i => $"i{i}").Take(4)];
            Pin[] pins = [.. Enumerable.Range(0, 30).OrderBy(_ => random.Next()).Take(random.Next(5)).Select((item, i) => new Pin($"i{item}", (i * 5) + 1 + random.Next(4)))];
            var rules = new SlateRules
            {
                Diversity = random.Next(2) * random.NextDouble(),
                Caps = random.Next(2) == 0 ? [] : [new AttributeCap("brand", random.Next(1, 4)), new AttributeCap("tags", random.Next(1, 4))],
                Pins = pins,
                Boosts = random.Next(2) == 0 ? [] : [new Boost("x", "brand = \"b1\"", random.NextDouble() * 4)],
                Calibration = new Calibration(random.Next(2) * random.NextDouble()),
            };

            MadeUpShop.Made made = _shop.Make(rules, limit, candidates, excluded, depth: depth);

            string name = $"seed {seed}: {string.Join(' ', made.Rows)}";
            Assert.True(made.Rows.Distinct().Count() == made.Rows.Length, name);
            Assert.True(!made.Rows.Any(row => excluded.Contains($"i{row}")), name);
            Pin[] shown = [.. pins.Where(pin => pin.Rank <= limit && !excluded.Contains(pin.ItemId))];
            int[] found = [.. Enumerable.Range(0, 30).Where(i => !excluded.Contains($"i{i}")).Take(candidates)];
            int expected = Math.Min(depth, found.Union(shown.Select(pin => int.Parse(pin.ItemId[1..], System.Globalization.CultureInfo.InvariantCulture))).Count());
            Assert.True(made.Rows.Length == expected, $"{name}: {expected} were expected");
            int places = Math.Min(limit, made.Rows.Length);
            foreach (Pin pin in shown)
                Assert.True(pin.Rank > places ? made.Rows.AsSpan(0, places).Contains(RowOf(pin)) : made.Rows[pin.Rank - 1] == RowOf(pin), $"{name}: {pin}");
        }

        static int RowOf(Pin pin) => int.Parse(pin.ItemId[1..], System.Globalization.CultureInfo.InvariantCulture);
    }

#if !DEBUG
    [Fact]
    public void Apply_WhenWarm_AllocatesNothing()
    {
        var rules = new SlateRules { Diversity = 0.3, Caps = [new AttributeCap("brand", 3), new AttributeCap("tags", 9)], Calibration = new Calibration(0.3) };
        var degraded = new Degradations();
        using Eligibility eligible = Eligibility.Of(_shop.Snapshot.Items, [], [], default, filter: null, degraded);
        using var slate = new Slate(20);
        for (int i = 0; i < 200; i++)
            Fill();

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 200; i++)
            Fill();
        long bytes = (GC.GetAllocatedBytesForCurrentThread() - before) / 200;

        Assert.Equal(0, bytes);

        void Fill()
        {
            slate.Take(Candidates, Order);
            _shop.MakeUp.Apply(new SlateMakeUp.Request { Snapshot = _shop.Snapshot, Rules = rules, Limit = 6, Depth = 8, ExcludedItemIds = [], AllowedItemIds = [] }, eligible, slate, degraded);
        }
    }

    private static readonly Slate.Place[] Candidates = [.. Enumerable.Range(0, 20).Select(i => new Slate.Place(i, 30 - i, Sources.Towers, SlotType.Exploit, 1))];
    private static readonly int[] Order = [.. Enumerable.Range(0, 20)];
#endif

    [Fact]
    public void Values_WhenAContentIsReplaced_AreReadAgain()
    {
        AttributeNumbers brands = _shop.Snapshot.Items.NumbersOf("brand");
        Assert.True(brands.Share(brands.Of(0), brands.Of(3)));
        Assert.False(brands.Share(brands.Of(0), brands.Of(1)));
        Assert.Equal(AttributeNumbers.Nothing, brands.Of(28));

        _shop.Snapshot.Items.SetContent(0, ItemContent.Empty with { Attributes = new Dictionary<string, Inference.Recommendations.Features.FeatureValue> { ["brand"] = Inference.Recommendations.Features.FeatureValue.Of("b1") } });

        Assert.False(brands.Share(brands.Of(0), brands.Of(3)));
        Assert.True(brands.Share(brands.Of(0), brands.Of(1)));
    }
}
