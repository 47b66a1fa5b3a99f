using System.Security.Cryptography;
using Inference.Server.Security.Jwt;
using Microsoft.IdentityModel.Tokens;
using Xunit;

namespace UnitTests.Server.Security;

public sealed class SigningKeysTests
{
    [Fact]
    public void TryRead_OfASet_KeepsWhatMaySignAlone()
    {
        SigningKeys? keys = SigningKeys.TryRead(
            $$"""
            { "keys": [
              {{Rsa("good", 2048)}}, {{Rsa("short", 1024)}},
              { "kty": "oct", "kid": "secret", "k": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" },
              { "kty": "RSA", "kid": "broken", "n": "!!", "e": "AQAB" },
              { "kty": "OKP", "kid": "other", "crv": "Ed25519", "x": "AA" },
              { "kty": "RSA", "kid": "encrypts", "use": "enc", "n": "{{Modulus(2048)}}", "e": "AQAB" }
            ] }
            """, out string problem);

        Assert.Equal("", problem);
        Assert.Equal(["good"], keys!.All.Select(key => key.KeyId));
        Assert.Empty(keys.Find("secret"));
        Assert.Single(keys.Find("good"));
        Assert.Single(keys.Find(""));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("{\"keys\":[]}")]
    [InlineData("{\"keys\":[{\"kty\":\"oct\",\"k\":\"AAAA\"}]}")]
    [InlineData("<html>")]
    public void TryRead_OfWhatIsNoSet_SaysWhy(string text)
    {
        Assert.Null(SigningKeys.TryRead(text, out string problem));
        Assert.NotEqual("", problem);
    }

    private static string Rsa(string id, int bits) => $$"""{ "kty": "RSA", "kid": "{{id}}", "n": "{{Modulus(bits)}}", "e": "AQAB" }""";

    private static string Modulus(int bits)
    {
        using RSA rsa = RSA.Create(bits);
        return Base64UrlEncoder.Encode(rsa.ExportParameters(includePrivateParameters: false).Modulus);
    }
}
