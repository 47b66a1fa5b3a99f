using Inference.Recommendations.Features;
using Inference.Recommendations.Pipeline;
using Inference.Recommendations.Queries;
using Inference.Server.Requests;
using Xunit;
using Wire = Recsys.V1;

namespace UnitTests.Server;

public class MappingTests
{
    [Fact]
    public void Enums_OfContractAndDomain_HaveTheSameNumbers()
    {
        AssertSame<Rung, Wire.Rung>();
        AssertSame<ReasonKind, Wire.ReasonKind>();
        AssertSame<DegradationReason, Wire.DegradationReason>();
    }

    [Fact]
    public void ToQuery_OfARequest_HandsListsOnWithoutCopying()
    {
        var request = new Wire.RecommendRequest { UserId = "u", RecentItemIds = { "a", "b" }, ExcludedItemIds = { "c" }, AllowedItemIds = { "d" }, Options = new() { Explain = true, IncludeSeen = true } };

        RecommendQuery query = QueryMapping.ToQuery(request, new PipelineOptions(), DateTimeOffset.MaxValue);

        Assert.Same(request.RecentItemIds, query.RecentItemIds);
        Assert.Same(request.ExcludedItemIds, query.ExcludedItemIds);
        Assert.Same(request.AllowedItemIds, query.AllowedItemIds);
        Assert.Same(FeatureSet.None, query.Context);
        Assert.True(query.Explain && query.IncludeSeen);
    }

    [Theory]
    [InlineData(0, 10)]
    [InlineData(1, 1)]
    [InlineData(1_000, 1_000)]
    [InlineData(1_000_000, 1_000)]
    public void ToQuery_WithALimit_AppliesDefaultAndCap(int asked, int expected) =>
        Assert.Equal(expected, QueryMapping.ToQuery(new Wire.RecommendRequest { Limit = asked }, new PipelineOptions(), DateTimeOffset.MaxValue).Limit);

    [Fact]
    public void ToQuery_WithRetrievers_KeepsPopularityAsTheLastResort()
    {
        RecommendQuery query = QueryMapping.ToQuery(new Wire.RecommendRequest { Options = new() { Retrievers = { "towers" } } }, new PipelineOptions(), DateTimeOffset.MaxValue);

        Assert.Equal(Retrievers.Towers | Retrievers.Popularity, query.Retrievers);
        Assert.Equal(Retrievers.All, QueryMapping.ToQuery(new Wire.RecommendRequest(), new PipelineOptions(), DateTimeOffset.MaxValue).Retrievers);
    }

    [Fact]
    public void ToDeadline_OfACallWithoutOne_IsNever()
    {
        Assert.Equal(DateTimeOffset.MaxValue, QueryMapping.ToDeadline(DateTime.MaxValue));
        var deadline = new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        Assert.Equal(deadline, QueryMapping.ToDeadline(deadline).UtcDateTime);
    }

    [Fact]
    public void WireFeatures_OfEveryKind_ReadAsTheDomainsKinds()
    {
        var message = new Wire.RecommendRequest
        {
            Context =
            {
                ["text"] = new() { StringValue = "DE" },
                ["integer"] = new() { IntValue = 7 },
                ["number"] = new() { FloatValue = 0.5 },
                ["texts"] = new() { StringList = new() { Values = { "a", "b" } } },
                ["integers"] = new() { IntList = new() { Values = { 1, 2 } } },
                ["numbers"] = new() { FloatList = new() { Values = { 1.5 } } },
            },
        };

        IReadOnlyDictionary<string, FeatureValue> features = WireFeatures.Of(message.Context);

        Assert.Equal(6, features.Count);
        Assert.Equal(FeatureValue.Of("DE"), features["text"]);
        Assert.Equal(FeatureValue.Of(7L), features["integer"]);
        Assert.Equal(FeatureValue.Of(0.5), features["number"]);
        Assert.Equal(["a", "b"], features["texts"].TextList);
        Assert.Equal([1L, 2L], features["integers"].IntegerList);
        Assert.Equal([1.5], features["numbers"].NumberList);
        Assert.Same(message.Context["texts"].StringList.Values, features["texts"].TextList);
        Assert.False(features.TryGetValue("absent", out _));
        Assert.Equal(features.Keys.Order(), features.Select(pair => pair.Key).Order());
    }

    [Fact]
    public void Next_OfRequestIds_IsShortAndNeverTheSame()
    {
        var ids = new RequestIds();
        var seen = new HashSet<string>();
        for (int i = 0; i < 10_000; i++)
            Assert.True(seen.Add(ids.Next()));

        Assert.All(seen.Take(10), id => Assert.Matches("^[A-Za-z0-9_-]{22}$", id));
        Assert.DoesNotContain(new RequestIds().Next(), seen);
    }

    private static void AssertSame<TDomain, TWire>()
        where TDomain : struct, Enum
        where TWire : struct, Enum
    {
        Assert.Equal(
            Enum.GetValues<TDomain>().Select(value => $"{Convert.ToInt32(value)} {value}"),
            Enum.GetValues<TWire>().Where(value => Convert.ToInt32(value) != 0).Select(value => $"{Convert.ToInt32(value)} {value}"));
    }
}
