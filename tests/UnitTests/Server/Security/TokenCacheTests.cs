using Inference.Server.Entry;
using Inference.Server.Security.Jwt;
using Xunit;

namespace UnitTests.Server.Security;

public sealed class TokenCacheTests
{
    private static readonly DateTimeOffset Now = new(2026, 6, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Find_OfAToken_KnowsItUntilItExpires()
    {
        var cache = new TokenCache(10);
        TokenHash hash = TokenHash.Of("a.b.c");
        cache.Add(hash, Caller.Anybody, Now.AddSeconds(10));

        Assert.Same(Caller.Anybody, cache.Find(hash, Now.AddSeconds(9)));
        Assert.Null(cache.Find(hash, Now.AddSeconds(10)));
        Assert.Null(cache.Find(TokenHash.Of("a.b.d"), Now));
    }

    [Fact]
    public void Add_OfMoreThanFit_KeepsNoMoreAndThoseThatAreUsed()
    {
        var cache = new TokenCache(100);
        TokenHash used = TokenHash.Of("used");
        cache.Add(used, Caller.Anybody, Now.AddDays(1));
        for (int i = 0; i < 10_000; i++)
        {
            cache.Add(TokenHash.Of($"token {i}"), Caller.Anybody, Now.AddDays(1));
            Assert.NotNull(cache.Find(used, Now));
        }

        int kept = Enumerable.Range(0, 10_000).Count(i => cache.Find(TokenHash.Of($"token {i}"), Now) is not null);
        Assert.InRange(kept, 49, 100);
    }

    [Fact]
    public void Find_WithoutRoom_KnowsNothing()
    {
        var cache = new TokenCache(0);
        cache.Add(TokenHash.Of("a"), Caller.Anybody, Now.AddDays(1));

        Assert.Null(cache.Find(TokenHash.Of("a"), Now));
    }

    [Fact]
    public void Of_LongTokens_DiffersByTheLastCharacter() =>
        Assert.NotEqual(TokenHash.Of(new string('x', 8000) + "a"), TokenHash.Of(new string('x', 8000) + "b"));
}
