using Inference.Cli.Client;
using Inference.Cli.Load;
using Recsys.V1;
using Xunit;

namespace UnitTests.Cli;

public sealed class RequestMixTests
{
    [Fact]
    public void Next_DrawsUsersBySkewAndStrangersByShare()
    {
        var mix = new RequestMix([.. Enumerable.Range(1, 100).Select(number => $"u{number}")], coldShare: 0.25, context: [], limit: 7, explain: true, seed: 3);
        RecommendRequest[] requests = [.. Enumerable.Range(0, 20_000).Select(_ => mix.Next())];
        string[] strangers = [.. requests.Select(request => request.UserId).Where(id => id.StartsWith("stranger", StringComparison.Ordinal))];
        Assert.Equal(0.25, strangers.Length / 20_000.0, 0.015);
        Assert.Equal(strangers.Length, strangers.Distinct().Count());
        int first = requests.Count(request => request.UserId == "u1"), last = requests.Count(request => request.UserId == "u100");
        Assert.True(first > 20 * last, $"{first} requests of u1, {last} of u100");
        Assert.All(requests, request => Assert.Equal((7, true), (request.Limit, request.Options.Explain)));
    }

    [Fact]
    public void Next_InOrder_GoesRoundTheUsers()
    {
        var mix = new RequestMix(["a", "b", "c"], coldShare: 0, context: [], limit: 1, explain: false, seed: 3, inOrder: true);
        Assert.Equal(["a", "b", "c", "a", "b"], Enumerable.Range(0, 5).Select(_ => mix.Next().UserId));
    }

    [Fact]
    public void Next_WithoutUsers_IsAlwaysCold()
    {
        var mix = new RequestMix([], coldShare: 0, context: [], limit: 1, explain: false, seed: 3);
        Assert.StartsWith("stranger", mix.Next().UserId, StringComparison.Ordinal);
    }

    [Fact]
    public void Next_WithContext_DrawsAmongItsValues()
    {
        Assert.True(ContextOption.TryParse("country=DE", out _, out FeatureValue germany));
        Assert.True(ContextOption.TryParse("country=GB", out _, out FeatureValue britain));
        var mix = new RequestMix([], 1, [("country", [germany, britain])], 1, false, 5);
        string[] countries = [.. Enumerable.Range(0, 200).Select(_ => mix.Next().Context["country"].StringValue)];
        Assert.InRange(countries.Count(country => country == "DE"), 60, 140);
        Assert.Equal(200, countries.Count(country => country is "DE" or "GB"));
    }
}
