using Inference.Recommendations.Features;
using Inference.Recommendations.Fusion;
using Xunit;

namespace UnitTests.Recommendations.Fusion;

public sealed class WeightedListsTests
{
    [Theory]
    [InlineData(new[] { 0, 2 }, new[] { 0, 1, 2 }, "Offsets must go from 0")]
    [InlineData(new[] { 1, 3 }, new[] { 0, 1, 2 }, "Offsets must go from 0")]
    [InlineData(new[] { 0, 2, 1, 3 }, new[] { 0, 1, 2 }, "Row 1 ends at 1")]
    [InlineData(new[] { 0, 9, 3 }, new[] { 0, 1, 2 }, "Row 0 ends at 9")]
    [InlineData(new[] { 0, 3 }, new[] { 0, 4, 2 }, "Row 0 has column 4")]
    [InlineData(new[] { 0, 3 }, new[] { 0, -1, 2 }, "Row 0 has column -1")]
    [InlineData(new[] { 0, 3 }, new[] { 0, 1, 0 }, "Row 0 has column 0 twice")]
    public void Lists_ThatDoNotFit_AreRefused(int[] offsets, int[] columns, string reason)
    {
        ArgumentException refused = Assert.Throws<ArgumentException>(() => new WeightedLists(offsets, columns, [1, 2, 3], 4));

        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Lists_WithAWeightThatIsNotFinite_AreRefused() =>
        Assert.Throws<ArgumentException>(() => new WeightedLists([0, 1], [0], [float.NaN], 4));

    [Fact]
    public void WeightOf_IsTheWeight_Or0()
    {
        var lists = new WeightedLists([0, 2, 2, 3], [3, 1, 0], [0.5f, -2f, 7f], 4);

        Assert.Equal([0f, -2f, 0f, 0.5f], Enumerable.Range(0, 4).Select(column => lists.WeightOf(0, column)));
        Assert.Equal(0f, lists.WeightOf(1, 3));
        Assert.Equal(7f, lists.WeightOf(2, 0));
    }

    [Fact]
    public void RoundedToHalf_RoundsTwiceToTheSame()
    {
        var lists = new WeightedLists([0, 2], [0, 1], [0.1f, 1234.567f], 2);

        WeightedLists once = lists.RoundedToHalf();

        Assert.NotEqual(lists.Weights.ToArray(), once.Weights.ToArray());
        Assert.Equal((float)(Half)0.1f, once.WeightOf(0, 0));
        Assert.Equal(once.Weights.ToArray(), once.RoundedToHalf().Weights.ToArray());
    }

    [Fact]
    public void ContextKey_IsOfTheValuesThatTheTowerReads()
    {
        var tower = new FeatureSchema([new("country", [FeatureKind.Text]), new("age", [FeatureKind.Integer])]);

        Assert.Equal(Key(("country", FeatureValue.Of("DE"))), Key(("country", FeatureValue.Of("DE")), ("colour", FeatureValue.Of("red"))));
        UInt128[] others =
        [
            Key(), Key(("country", FeatureValue.Of("DE"))), Key(("country", FeatureValue.Of("ED"))), Key(("age", FeatureValue.Of(1))), Key(("age", FeatureValue.Of(1.0))),
            Key(("age", FeatureValue.Of([1L]))), Key(("country", FeatureValue.Of(["DE"]))), Key(("country", FeatureValue.Of("DE")), ("age", FeatureValue.Of(1))),
        ];
        Assert.Equal(others.Length, others.Distinct().Count());

        UInt128 Key(params (string Name, FeatureValue Value)[] features) =>
            ContextEmbeddings.KeyOf(tower, new FeatureSet(features.ToDictionary(feature => feature.Name, feature => feature.Value)));
    }
}
