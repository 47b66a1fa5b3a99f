using Inference.Recommendations.Features;
using Inference.Recommendations.Guards;
using Xunit;

namespace UnitTests.Recommendations.Guards;

public sealed class ExposureFloorsTests
{
    [Fact]
    public void Of_ReadsNamesValuesAndShares()
    {
        ExposureFloors floors = ExposureFloors.Of(["shop=small:0.2", "category=new arrivals: a:0.1", "price<5:0.3", "year>=2020:0.25", "is_new=true:0.05"]);

        Assert.Equal(["shop=small", "category=new arrivals: a", "price<5", "year>=2020", "is_new=true"], floors.Floors.Select(floor => floor.Group));
        Assert.Equal([0.2, 0.1, 0.3, 0.25, 0.05], floors.Shares.ToArray());
        Assert.Equal(16u, floors.NewItemsBit);
    }

    [Theory]
    [InlineData("shop:0.2", "form NAME=VALUE:SHARE")]
    [InlineData("shop=small", "form NAME=VALUE:SHARE")]
    [InlineData("=small:0.2", "form NAME=VALUE:SHARE")]
    [InlineData("shop=:0.2", "no value")]
    [InlineData("shop=small:1.2", "share '1.2'")]
    [InlineData("shop=small:0", "share '0'")]
    [InlineData("shop=small:x", "share 'x'")]
    [InlineData("price<cheap:0.2", "'cheap', which is no number")]
    [InlineData("price>5:0.2", "'>'")]
    [InlineData("is_new=maybe:0.2", "can only be 'true'")]
    public void Problems_OfAWrongFloor_SayWhatIsWrong(string text, string problem) =>
        Assert.Contains(problem, Assert.Single(ExposureFloors.Problems([text])), StringComparison.Ordinal);

    [Fact]
    public void Problems_AreAllOfThem()
    {
        IReadOnlyList<string> problems = ExposureFloors.Problems(["a=b:0.7", "a=b:0.1", "c", "d=e:0.4"]);

        Assert.Equal(3, problems.Count);
        Assert.Contains("'a=b' is there twice", problems);
        Assert.Contains("the shares add up to 1.1; they must not be above 1", problems);
        Assert.Throws<ArgumentException>(() => ExposureFloors.Of(["c"]));
        Assert.Contains("there can be 16", Assert.Single(ExposureFloors.Problems([.. Enumerable.Range(0, 17).Select(i => $"a={i}:0.01")])), StringComparison.Ordinal);
        Assert.Empty(ExposureFloors.Problems([.. Enumerable.Range(0, 10).Select(i => $"a={i}:0.1")]));
    }

    [Fact]
    public void Holds_ComparesEveryKindOfValue()
    {
        ExposureFloor small = Floor("shop=small:0.1"), seven = Floor("n=7:0.1"), below = Floor("n<7:0.1"), atLeast = Floor("n>=7:0.1");

        Assert.True(small.Holds(FeatureValue.Of("small")));
        Assert.True(small.Holds(FeatureValue.Of((IReadOnlyList<string>)["big", "small"])));
        Assert.False(small.Holds(FeatureValue.Of("Small")));
        Assert.False(small.Holds(FeatureValue.Of(7)));
        Assert.True(seven.Holds(FeatureValue.Of("7")) && seven.Holds(FeatureValue.Of(7)) && seven.Holds(FeatureValue.Of(7.0)) && seven.Holds(FeatureValue.Of((IReadOnlyList<long>)[1, 7])));
        Assert.True(below.Holds(FeatureValue.Of(6)) && below.Holds(FeatureValue.Of((IReadOnlyList<double>)[9.0, 6.9])));
        Assert.False(below.Holds(FeatureValue.Of(7)) || below.Holds(FeatureValue.Of("6")) || below.Holds(default));
        Assert.True(atLeast.Holds(FeatureValue.Of(7.0)) && atLeast.Holds(FeatureValue.Of(8)));
        Assert.False(atLeast.Holds(FeatureValue.Of(6.999)));
    }

    private static ExposureFloor Floor(string text) => Assert.Single(ExposureFloors.Of([text]).Floors);
}
