using Fuzz.Engine;
using Google.Protobuf;
using Inference.Recommendations.Filters;
using Inference.Recommendations.Pipeline;
using Inference.Recommendations.Surfaces;
using Inference.Server.Failures;
using Inference.Server.Requests;
using Recsys.V1;

namespace Fuzz.Targets;

/// <summary>Messages of Recommend as far as the query that they make: each is refused by the rules, or is a query.</summary>
internal sealed class RequestRulesTarget : FuzzTarget
{
    public override string Name => "recommend-rules";

    public override bool NeedsProcess => true;

    public override int TestCases => 1_500;

    public override (long PerByte, long Free) MostAllocated => (4_096, 2 << 20);

    public override IReadOnlyList<string> Tokens => ["home", "price", "country", "price < 3", "category = \"x\"", "towers", "nowhere", "within(a, 1, 2, 3km)"];

    public override IEnumerable<byte[]> Seeds()
    {
        yield return new RecommendRequest().ToByteArray();
        var request = new RecommendRequest
        {
            UserId = "ann", Limit = 7, RecentItemIds = { "item-1", "nowhere" }, ExcludedItemIds = { "item-2" }, AllowedItemIds = { "item-3", "item-4" }, RequestId = "r", Surface = "home",
            Context = { ["country"] = new FeatureValue { StringValue = "France" }, ["age"] = new FeatureValue { IntValue = 40 }, ["list"] = new FeatureValue { FloatList = new FloatList { Values = { 1, 1.5 } } } },
            Options = new RecommendOptions { Explain = true, IncludeSeen = true, Exploration = new ExplorationOptions { Policy = ExplorationPolicy.Ucb, NewItemSlots = 2 }, Retrievers = { "towers" } },
        };
        yield return request.ToByteArray();
        request.PageToken = PageToken.Write(PageQuestion.Of(request), null, "r", "small/1", []);
        yield return request.ToByteArray();
    }

    public override bool Read(byte[] input)
    {
        RecommendRequest request;
        try
        {
            request = RecommendRequest.Parser.ParseFrom(input);
        }
        catch (InvalidProtocolBufferException)
        {
            return false;
        }

        PageTurn turn = PageTurn.Of(request);
        if (RequestRules.Check(request, LoadedWorld.Bundle.Snapshot, SurfacesFile.BuiltIn, turn) is { } failure)
        {
            FuzzException.Unless(failure.Violations.Count > 0 && failure.Message.Length < 4_096, "a refusal says nothing, or too much");
            FuzzException.Unless(failure.ToException().Trailers.Count == 1, "a refusal has no details");
            return false;
        }

        ItemFilter? filter = null;
        FuzzException.Unless(request.Filter.Length == 0 || ItemFilter.TryParse(request.Filter, out filter, out _), "a filter passes the rules and cannot be read");
        _ = QueryMapping.ToQuery(request, new PipelineOptions(), DateTimeOffset.MaxValue, turn: turn, filter: filter);
        return true;
    }
}
