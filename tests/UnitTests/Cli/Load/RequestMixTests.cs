using Inference.Cli.Client;
using Inference.Cli.Load;
using Recsys.V1;
using Xunit;

namespace UnitTests.Cli.Load;

public sealed class RequestMixTests
{
    [Fact]
    public void Next_DrawsUsersBySkewAndStrangersByShare()
    {
        RequestMix mix = Mix(Of(0.25, 100) with { Limit = 7, Explain = true, Seed = 3 });
        RecommendRequest[] requests = [.. Enumerable.Range(0, 20_000).Select(_ => Recommend(mix))];
        string[] strangers = [.. requests.Select(request => request.UserId).Where(id => id.StartsWith("stranger", StringComparison.Ordinal))];
        Assert.Equal(0.25, strangers.Length / 20_000.0, 0.015);
        Assert.Equal(strangers.Length, strangers.Distinct().Count());
        int first = requests.Count(request => request.UserId == "u1"), last = requests.Count(request => request.UserId == "u100");
        Assert.True(first > 20 * last, $"{first} requests of u1, {last} of u100");
        Assert.All(requests, request => Assert.Equal((7, true), (request.Limit, request.Options.Explain)));
    }

    [Fact]
    public void Next_WithASteeperSkew_AsksMoreForTheFirst()
    {
        int First(double zipf)
        {
            RequestMix mix = Mix(Of(0, 1000) with { Zipf = zipf });
            return Enumerable.Range(0, 5000).Count(_ => Recommend(mix).UserId == "u1");
        }

        // By the sums of n^-s over 1,000: 0.1 % of the requests without skew, 13.4 % at 1, 60.8 % at 2.
        Assert.InRange(First(0), 0, 20);
        Assert.Equal(0.134, First(1) / 5000.0, 0.02);
        Assert.Equal(0.608, First(2) / 5000.0, 0.03);
    }

    [Fact]
    public void Next_InOrder_GoesRoundTheUsers()
    {
        RequestMix mix = Mix(Of(0, 0) with { Users = new NumberedIds(["a", "b", "c"]), InOrder = true });
        Assert.Equal(["a", "b", "c", "a", "b"], Enumerable.Range(0, 5).Select(_ => Recommend(mix).UserId));
    }

    [Fact]
    public void Next_WithoutUsers_IsAlwaysCold()
    {
        LoadCall request = Mix(Of(0, 0)).Next();
        Assert.Equal(LoadKind.Cold, request.Kind);
        Assert.StartsWith("stranger", ((RecommendRequest)request.Message).UserId, StringComparison.Ordinal);
    }

    [Fact]
    public void Next_WithContext_DrawsAmongItsValues()
    {
        RequestMix mix = Mix(Of(1, 0) with { Context = Countries(), Seed = 5 });
        string[] countries = [.. Enumerable.Range(0, 200).Select(_ => Recommend(mix).Context["country"].StringValue)];
        Assert.InRange(countries.Count(country => country == "DE"), 60, 140);
        Assert.Equal(200, countries.Count(country => country is "DE" or "GB"));
    }

    [Fact]
    public void Next_OfAMix_MakesEachKindByItsShareAsItIs()
    {
        TrafficMix traffic = TrafficMix.Parse("warm=40,cold=10,session=10,filtered=10,similar=10,events=10,stream=10", out _)!;
        RequestMix mix = Mix(new MixOptions
        {
            Traffic = traffic, Users = new NumberedIds("u", 50), Items = new NumberedIds("i", 30), Context = Countries(), IsContextForAll = false, Filter = "stock > 1", IsFilterForAll = false,
            SessionItems = 4, EventsPerCall = 2, RunId = "run",
        });
        LoadCall[] requests = [.. Enumerable.Range(0, 10_000).Select(_ => mix.Next())];
        ILookup<LoadKind, LoadCall> kinds = requests.ToLookup(request => request.Kind);
        foreach (LoadKind kind in Enum.GetValues<LoadKind>())
            Assert.Equal(kind == LoadKind.Warm ? 0.4 : 0.1, kinds[kind].Count() / 10_000.0, 0.02);

        void All<T>(LoadKind kind, Action<T> check) => Assert.All(kinds[kind], request => check(Assert.IsType<T>(request.Message)));
        All<RecommendRequest>(LoadKind.Warm, request => Assert.True(request.UserId[0] == 'u' && request.Filter.Length == 0 && request.Context.Count == 0 && request.RecentItemIds.Count == 0));
        All<RecommendRequest>(LoadKind.Cold, request => Assert.True(request.UserId[0] == 's' && request.Filter.Length == 0 && request.Context.Count == 1));
        All<RecommendRequest>(LoadKind.Session, request => Assert.True(request.UserId.Length == 0 && request.Context.Count == 1 && request.RecentItemIds.Count == 4));
        All<RecommendRequest>(LoadKind.Filtered, request => Assert.True(request.UserId[0] == 'u' && request.Filter == "stock > 1" && request.Context.Count == 0));
        All<SimilarItemsRequest>(LoadKind.Similar, request => Assert.True(request.ItemIds.Single()[0] == 'i' && request.Filter.Length == 0));
        All<RecommendStreamRequest>(LoadKind.Stream, request => Assert.Equal('u', request.Request.UserId[0]));
        All<RecordEventsRequest>(LoadKind.Events, request => Assert.True(request.Events.Count == 2 && request.Events[0].UserId == request.Events[1].UserId && request.Events[0].ItemId[0] == 'i'));
        string[] events = [.. kinds[LoadKind.Events].SelectMany(request => ((RecordEventsRequest)request.Message).Events).Select(one => one.EventId)];
        Assert.Equal(events.Length, events.Distinct().Count());
        Assert.All(events, id => Assert.StartsWith("run-", id, StringComparison.Ordinal));
    }

    private static (string, FeatureValue[])[] Countries()
    {
        Assert.True(ContextOption.TryParse("country=DE", out _, out FeatureValue germany));
        Assert.True(ContextOption.TryParse("country=GB", out _, out FeatureValue britain));
        return [("country", [germany, britain])];
    }

    private static MixOptions Of(double coldShare, int users) => new() { Traffic = TrafficMix.Of(coldShare), Users = new NumberedIds("u", users) };

    private static RequestMix Mix(MixOptions options) => new(options, TimeProvider.System);

    private static RecommendRequest Recommend(RequestMix mix) => (RecommendRequest)mix.Next().Message;
}
