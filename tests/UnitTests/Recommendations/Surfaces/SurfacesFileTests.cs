using Inference.Recommendations.Surfaces;
using Xunit;

namespace UnitTests.Recommendations.Surfaces;

public class SurfacesFileTests
{
    [Fact]
    public void TryRead_OfTheBuiltInFile_HasFourSurfaces()
    {
        Assert.Equal(["home", "product", "cart", "search"], SurfacesFile.BuiltIn.Names);
        Assert.Null(SurfacesFile.BuiltIn.Default);
        Assert.All(SurfacesFile.BuiltIn.All, surface => Assert.NotEmpty(surface.Retrievers));
    }

    [Fact]
    public void TryRead_OfEveryField_TakesAll()
    {
        SurfaceSet set = Read("""
            {
              // A comment.
              "$schema": "surfaces.schema.json", "default": "shelf",
              "surfaces": { "shelf": {
                "retrievers": [ { "name": "towers", "weight": 0.5, "budget": "250us", "quota": 7 }, { "name": "ease", "optional": true }, "popularity" ],
                "fusion": "reciprocal_rank", "depth": 50, "rank": true, "rankBudget": "00:00:00.002",
                "slate": {
                  "lambda": 0.7, "caps": [ { "attribute": "brand", "most": 2 } ], "pins": [ { "itemId": "i1", "rank": 3 } ],
                  "boosts": [ { "name": "new", "filter": "year >= 2026", "amount": 0.5 }, { "filter": "price < 3", "amount": -1 } ],
                  "calibration": { "strength": 0.3, "popularShare": 0.5 }, "coverageAttribute": "category"
                },
              } }
            }
            """);
        Surface surface = set.Default!;
        Assert.Same(surface, set.Find("shelf"));
        Assert.Equal(
            [
                new SurfaceRetriever("towers", 0.5f, TimeSpan.FromMicroseconds(250), 7),
                new SurfaceRetriever("ease", 1, TimeSpan.FromMilliseconds(5), 200, IsOptional: true),
                new SurfaceRetriever("popularity", 1, TimeSpan.FromMilliseconds(5), 200),
            ],
            surface.Retrievers);
        Assert.Equal(SurfaceFusion.ReciprocalRank, surface.Fusion);
        Assert.Equal((50, true, TimeSpan.FromMilliseconds(2)), (surface.Depth, surface.Ranks, surface.RankBudget));
        Assert.Equal(0.3, surface.Slate.Diversity, 12);
        Assert.Equal([new AttributeCap("brand", 2)], surface.Slate.Caps);
        Assert.Equal([new Pin("i1", 3)], surface.Slate.Pins);
        Assert.Equal([new Boost("new", "year >= 2026", 0.5), new Boost("price < 3", "price < 3", -1)], surface.Slate.Boosts);
        Assert.Equal(new Calibration(0.3, 0.5), surface.Slate.Calibration);
        Assert.Equal("category", surface.Slate.CoverageAttribute);
    }

    [Fact]
    public void TryRead_OfAttributes_TakesThemForContent()
    {
        Surface surface = Read("""{ "surfaces": { "shelf": { "retrievers": [ { "name": "content", "attributes": [ "category", "brand" ] }, "popularity" ] } } }""").Find("shelf")!;
        Assert.Equal(["category", "brand"], surface.Retrievers[0].Attributes);
        Assert.Empty(surface.Retrievers[1].Attributes);
    }

    [Fact]
    public void TryRead_OfAnEmptySurface_HasTheDefaults()
    {
        Surface surface = Read("""{ "surfaces": { "bare": {} } }""").Find("bare")!;
        Assert.Empty(surface.Retrievers);
        Assert.Equal((SurfaceFusion.Learned, 200, false, TimeSpan.FromMilliseconds(5)), (surface.Fusion, surface.Depth, surface.Ranks, surface.RankBudget));
        Assert.False(surface.Slate.AreSet);
    }

    [Theory]
    [InlineData("", "line 1, byte 1", "is no JSON")]
    [InlineData("{ \"surfaces\": ", "line 1", "is no JSON")]
    [InlineData("[]", "", "is a list; it must be an object")]
    [InlineData("{}", "surfaces", "is missing")]
    [InlineData("""{ "surfaces": {}, "surface": 1 }""", "surface", "did you mean 'surfaces'?")]
    [InlineData("""{ "surfaces": { "Home": {} } }""", "surfaces.Home", "is no name of a surface")]
    [InlineData("""{ "surfaces": { "home": {}, "home": {} } }""", "surfaces.home", "is there twice")]
    [InlineData("""{ "surfaces": { "home": {} }, "default": "hoem" }""", "default", "is \"hoem\"; did you mean 'home'?")]
    [InlineData("""{ "surfaces": { "home": 3 } }""", "surfaces.home", "is 3; it must be an object")]
    [InlineData("""{ "surfaces": { "home": { "fusoin": "learned" } } }""", "surfaces.home.fusoin", "did you mean 'fusion'?")]
    [InlineData("""{ "surfaces": { "home": { "fusion": "rrf" } } }""", "surfaces.home.fusion", "there are learned, reciprocal_rank, z_score")]
    [InlineData("""{ "surfaces": { "home": { "depth": 0 } } }""", "surfaces.home.depth", "is 0; it must be a whole number from 1 to 10000")]
    [InlineData("""{ "surfaces": { "home": { "depth": 1.5 } } }""", "surfaces.home.depth", "is 1.5; it must be a whole number")]
    [InlineData("""{ "surfaces": { "home": { "rank": "yes" } } }""", "surfaces.home.rank", "must be true or false")]
    [InlineData("""{ "surfaces": { "home": { "rankBudget": "2 h" } } }""", "surfaces.home.rankBudget", "a time from \"100us\" to \"1s\"")]
    [InlineData("""{ "surfaces": { "home": { "retrievers": "towers" } } }""", "surfaces.home.retrievers", "must be a list")]
    [InlineData("""{ "surfaces": { "home": { "retrievers": [ "twoers" ] } } }""", "surfaces.home.retrievers[0]", "did you mean 'towers'?")]
    [InlineData("""{ "surfaces": { "home": { "retrievers": [ {} ] } } }""", "surfaces.home.retrievers[0].name", "is missing")]
    [InlineData("""{ "surfaces": { "home": { "retrievers": [ "a b" ] } } }""", "surfaces.home.retrievers[0]", "1 to 64 of a-z")]
    [InlineData("""{ "surfaces": { "home": { "retrievers": [ "towers", "towers" ] } } }""", "surfaces.home.retrievers[1]", "is there twice")]
    [InlineData("""{ "surfaces": { "home": { "retrievers": [ { "name": "towers", "weight": 0 } ] } } }""", "surfaces.home.retrievers[0].weight", "is 0; it must be a number from")]
    [InlineData("""{ "surfaces": { "home": { "retrievers": [ { "name": "towers", "quota": 10001 } ] } } }""", "surfaces.home.retrievers[0].quota", "from 1 to 10000")]
    [InlineData("""{ "surfaces": { "home": { "retrievers": [ { "name": "towers", "budget": "10us" } ] } } }""", "surfaces.home.retrievers[0].budget", "is \"10us\"")]
    [InlineData("""{ "surfaces": { "home": { "retrievers": [ { "name": "towers", "attributes": [ "category" ] } ] } } }""", "surfaces.home.retrievers[0].attributes", "only 'content' goes by attributes")]
    [InlineData("""{ "surfaces": { "home": { "retrievers": [ { "name": "content", "attributes": "category" } ] } } }""", "surfaces.home.retrievers[0].attributes", "must be a list")]
    [InlineData("""{ "surfaces": { "home": { "retrievers": [ { "name": "content", "attributes": [ "a", "b", "c", "d", "e" ] } ] } } }""", "surfaces.home.retrievers[0].attributes", "has 5 elements; it may have 4")]
    [InlineData("""{ "surfaces": { "home": { "retrievers": [ { "name": "content", "attributes": [ "a", 1 ] } ] } } }""", "surfaces.home.retrievers[0].attributes[1]", "is 1; it must be a text")]
    [InlineData("""{ "surfaces": { "home": { "retrievers": [ { "name": "content", "attributes": [ "" ] } ] } } }""", "surfaces.home.retrievers[0].attributes[0]", "is empty")]
    [InlineData("""{ "surfaces": { "home": { "retrievers": [ { "name": "content", "attributes": [ "a", "a" ] } ] } } }""", "surfaces.home.retrievers[0].attributes[1]", "is there twice")]
    [InlineData("""{ "surfaces": { "home": { "slate": { "diversity": 2 } } } }""", "surfaces.home.slate.diversity", "from 0 to 1")]
    [InlineData("""{ "surfaces": { "home": { "slate": { "diversity": 0.2, "lambda": 0.8 } } } }""", "surfaces.home.slate.lambda", "give one of them")]
    [InlineData("""{ "surfaces": { "home": { "slate": { "caps": [ { "attribute": "brand" } ] } } } }""", "surfaces.home.slate.caps[0].most", "is missing")]
    [InlineData("""{ "surfaces": { "home": { "slate": { "caps": [ { "attribute": "b", "most": 1 }, { "attribute": "b", "most": 2 } ] } } } }""", "surfaces.home.slate.caps[1].attribute", "has a cap already")]
    [InlineData("""{ "surfaces": { "home": { "slate": { "pins": [ { "itemId": "a", "rank": 1 }, { "itemId": "b", "rank": 1 } ] } } } }""", "surfaces.home.slate.pins[1].rank", "has an item already")]
    [InlineData("""{ "surfaces": { "home": { "slate": { "pins": [ { "itemId": "a", "rank": 1 }, { "itemId": "a", "rank": 2 } ] } } } }""", "surfaces.home.slate.pins[1].itemId", "has a place already")]
    [InlineData("""{ "surfaces": { "home": { "slate": { "boosts": [ { "filter": "", "amount": 1 } ] } } } }""", "surfaces.home.slate.boosts[0].filter", "is empty")]
    [InlineData("""{ "surfaces": { "home": { "slate": { "boosts": [ { "filter": "price <", "amount": 1 } ] } } } }""", "surfaces.home.slate.boosts[0].filter", "is no filter: at ")]
    [InlineData("""{ "surfaces": { "home": { "slate": { "boosts": [ { "filter": "a = 1", "amount": 101 } ] } } } }""", "surfaces.home.slate.boosts[0].amount", "from -100 to 100")]
    [InlineData("""{ "surfaces": { "home": { "slate": { "calibration": {} } } } }""", "surfaces.home.slate.calibration.strength", "is missing")]
    public void TryRead_OfAMistake_SaysWhereAndWhatMayStandThere(string text, string path, string says)
    {
        Assert.Null(SurfacesFile.TryRead(text, out IReadOnlyList<SurfaceProblem> problems));
        Assert.Contains(problems, problem => problem.Path.StartsWith(path, StringComparison.Ordinal) && problem.Text.Contains(says, StringComparison.Ordinal));
    }

    [Fact]
    public void TryRead_OfSeveralMistakes_TellsAll()
    {
        Assert.Null(SurfacesFile.TryRead("""{ "default": "x", "surfaces": { "a": { "depth": 0, "fusion": 1 }, "b": { "retrievers": [ { "name": "", "quota": 0 } ], "slate": [] } } }""", out IReadOnlyList<SurfaceProblem> problems));
        Assert.Equal(
            ["surfaces.a.fusion", "surfaces.a.depth", "surfaces.b.retrievers[0].name", "surfaces.b.retrievers[0].quota", "surfaces.b.slate", "default"],
            problems.Select(problem => problem.Path));
    }

    [Fact]
    public void TryReadFile_WithoutAFile_SaysSo()
    {
        Assert.Null(SurfacesFile.TryReadFile("/nowhere/surfaces.json", out IReadOnlyList<SurfaceProblem> problems));
        Assert.Contains("cannot be read", Assert.Single(problems).Text, StringComparison.Ordinal);
    }

    private static SurfaceSet Read(string text)
    {
        SurfaceSet? set = SurfacesFile.TryRead(text, out IReadOnlyList<SurfaceProblem> problems);
        Assert.Empty(problems);
        return set!;
    }
}
