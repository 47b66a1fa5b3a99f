using Inference.Cli.Client;
using Recsys.V1;
using Xunit;

namespace UnitTests.Cli;

public sealed class ContextOptionTests
{
    [Theory]
    [InlineData("country=DE", "country", FeatureValue.KindOneofCase.StringValue)]
    [InlineData("hour=14", "hour", FeatureValue.KindOneofCase.IntValue)]
    [InlineData("delta=-3", "delta", FeatureValue.KindOneofCase.IntValue)]
    [InlineData("price=2.5", "price", FeatureValue.KindOneofCase.FloatValue)]
    [InlineData("price=1e3", "price", FeatureValue.KindOneofCase.FloatValue)]
    [InlineData("zip=\"00123\"", "zip", FeatureValue.KindOneofCase.StringValue)]
    [InlineData("note=NaN", "note", FeatureValue.KindOneofCase.StringValue)]
    [InlineData("formula=a=b", "formula", FeatureValue.KindOneofCase.StringValue)]
    [InlineData("genres=drama|crime", "genres", FeatureValue.KindOneofCase.StringList)]
    [InlineData("ids=1|2", "ids", FeatureValue.KindOneofCase.IntList)]
    [InlineData("vector=1|2.5", "vector", FeatureValue.KindOneofCase.FloatList)]
    public void TryParse_OfAPair_GivesNameAndKind(string pair, string name, FeatureValue.KindOneofCase kind)
    {
        Assert.True(ContextOption.TryParse(pair, out string parsed, out FeatureValue value));
        Assert.Equal(name, parsed);
        Assert.Equal(kind, value.KindCase);
    }

    [Fact]
    public void TryParse_KeepsWhatIsQuoted()
    {
        Assert.True(ContextOption.TryParse("zip=\"00123\"", out _, out FeatureValue value));
        Assert.Equal("00123", value.StringValue);
        Assert.True(ContextOption.TryParse("formula=a=b", out _, out value));
        Assert.Equal("a=b", value.StringValue);
    }

    [Theory]
    [InlineData("")]
    [InlineData("country")]
    [InlineData("=DE")]
    [InlineData("country=")]
    public void TryParse_OfSomethingElse_Fails(string pair) => Assert.False(ContextOption.TryParse(pair, out _, out _));
}
