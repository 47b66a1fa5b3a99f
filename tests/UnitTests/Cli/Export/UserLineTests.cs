using Inference.Cli.Export;
using Recsys.V1;
using Xunit;

namespace UnitTests.Cli.Export;

public class UserLineTests
{
    [Fact]
    public void Read_OfAnObject_TakesEveryKindOfValue()
    {
        var request = new RecommendRequest { Context = { ["country"] = new FeatureValue { StringValue = "US" } } };
        Assert.Null(UserLine.Read("""{"user_id": "u\u00e9", "context": {"country": "DE", "hour": 14, "price": 1.5, "genres": ["a"], "ids": [1, 2], "mix": [1, 2.5]}, "recent_item_ids": ["i1", "i2"]}""", request));
        Assert.Equal("ué", request.UserId);
        Assert.Equal(["i1", "i2"], request.RecentItemIds);
        Assert.Equal("DE", request.Context["country"].StringValue);
        Assert.Equal((14, 1.5), (request.Context["hour"].IntValue, request.Context["price"].FloatValue));
        Assert.Equal(["a"], request.Context["genres"].StringList.Values);
        Assert.Equal([1, 2], request.Context["ids"].IntList.Values);
        Assert.Equal([1, 2.5], request.Context["mix"].FloatList.Values);
    }

    [Theory]
    [InlineData("""{"user_id": null}""")]
    [InlineData("""{"user": "x"}""")]
    [InlineData("""{"user_id": "x", "context": {"a": true}}""")]
    [InlineData("""{"user_id": "x", "context": {"a": [1, "b"]}}""")]
    [InlineData("""{"user_id": "x", "recent_item_ids": "i1"}""")]
    [InlineData("""{"user_id": "x"}, {}""")]
    [InlineData("{")]
    [InlineData("""{"user_id": "\ud800"}""")]
    [InlineData("""{"\udc00": 1}""")]
    [InlineData("""{"user_id": "x", "context": {"a": "\ud800"}}""")]
    [InlineData("""{"user_id": "x", "recent_item_ids": ["\ud800"]}""")]
    public void Read_OfWhatIsNoUser_SaysWhy(string line) => Assert.NotNull(UserLine.Read(line, new RecommendRequest()));

    [Theory]
    [InlineData("u1")]
    [InlineData("\"u1\"")]
    [InlineData("u1,DE")]
    public void Read_OfPlainText_TakesItAsItStands(string line)
    {
        var request = new RecommendRequest();
        Assert.Null(UserLine.Read(line, request));
        Assert.Equal(line, request.UserId);
    }
}
