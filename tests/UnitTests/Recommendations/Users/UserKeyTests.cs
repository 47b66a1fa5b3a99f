using System.Security.Cryptography;
using System.Text;
using Inference.Recommendations.Features;
using Inference.Recommendations.Users;
using Xunit;

namespace UnitTests.Recommendations.Users;

public class UserKeyTests
{
    [Fact]
    public void Of_IsTheHeadOfTheMac()
    {
        byte[] mac = HMACSHA256.HashData("secret"u8, Encoding.UTF8.GetBytes("Zoë"));

        UserIdentity user = new UserKeyRing("secret"u8).Of("Zoë");

        Assert.Equal(UserKey.Read(mac), user.Key);
        Assert.True(user.Former.IsNobody);
    }

    [Fact]
    public void Of_WithFormerSecret_NamesBothKeys()
    {
        var ring = new UserKeyRing("new"u8, Encoding.UTF8.GetBytes("old"));

        Assert.Equal(new UserIdentity(new UserKeyRing("new"u8).Of("u").Key, new UserKeyRing("old"u8).Of("u").Key), ring.Of("u"));
    }

    [Fact]
    public void Of_WithoutId_IsNobody() => Assert.True(new UserKeyRing("s"u8).Of("").IsNobody);

    [Theory]
    [InlineData(1)]
    [InlineData(341)]
    [InlineData(5_000)]
    public void Of_WithIdsOfAnyLength_Agrees(int length)
    {
        string id = new('ü', length);

        Assert.Equal(UserKey.Read(HMACSHA256.HashData("s"u8, Encoding.UTF8.GetBytes(id))), new UserKeyRing("s"u8).Of(id).Key);
    }

    [Fact]
    public void Ring_WithEmptySecret_IsRefused() => Assert.Throws<ArgumentException>(() => new UserKeyRing([]));

    [Fact]
    public void Text_RoundTrips()
    {
        UserKey key = new UserKeyRing("s"u8).Of("anna").Key;

        Assert.Equal(UserKey.TextLength, key.ToString().Length);
        Assert.True(UserKey.TryParse(key.ToString(), out UserKey read));
        Assert.Equal(key, read);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("AAAAAAAAAAAAAAAAAAAA==")]
    [InlineData("äAAAAAAAAAAAAAAAAAAAAA")]
    public void TryParse_OfSomethingElse_Fails(string? text) => Assert.False(UserKey.TryParse(text, out _));

    [Fact]
    public void Stamp_ChangesWithWhatTowersRead_AndNotWithOrderOfFeatures()
    {
        var one = new Dictionary<string, FeatureValue> { ["a"] = FeatureValue.Of(1L), ["b"] = FeatureValue.Of("x") };
        var turned = new Dictionary<string, FeatureValue> { ["b"] = FeatureValue.Of("x"), ["a"] = FeatureValue.Of(1L) };
        var other = new Dictionary<string, FeatureValue> { ["a"] = FeatureValue.Of("1"), ["b"] = FeatureValue.Of("x") };
        ulong stamp = new UserState(one, ["i", "j"]).Stamp;

        Assert.Equal(stamp, new UserState(turned, ["i", "j"]).Stamp);
        Assert.Equal(5, new HashSet<ulong>
        {
            stamp, new UserState(other, ["i", "j"]).Stamp, new UserState(one, ["j", "i"]).Stamp, new UserState(one, ["ij"]).Stamp, new UserState(one, ["i", "j", "j"]).Stamp,
        }.Count);
    }

    [Fact]
    public void EventKey_IsTheHeadOfTheHash()
    {
        var happened = new UserEvent("e1", default, "i", InteractionType.Click, DateTimeOffset.UnixEpoch);

        Assert.Equal(Convert.ToHexString(SHA256.HashData("e1"u8))[..16], happened.EventKey.ToString("X16", System.Globalization.CultureInfo.InvariantCulture));
    }
}
