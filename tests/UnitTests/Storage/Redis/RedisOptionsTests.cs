using System.ComponentModel.DataAnnotations;
using Inference.Storage.Redis;
using Xunit;

namespace UnitTests.Storage.Redis;

public class RedisOptionsTests
{
    [Theory]
    [InlineData("")]
    [InlineData("redis:6379")]
    [InlineData("redis-1:6379,redis-2:6379,password=secret,ssl=true")]
    [InlineData("sentinel:26379,serviceName=shop")]
    public void Validate_OfAConfigurationThatCanBeRead_FindsNothing(string configuration) =>
        Assert.Empty(Problems(new RedisOptions { Configuration = configuration }));

    [Theory]
    [InlineData("password=secret")]
    [InlineData("redis:6379,password=secret,nonsense=1")]
    public void Validate_OfOneThatCannot_SaysSo_AndNoSecret(string configuration) =>
        Assert.DoesNotContain("secret", Assert.Single(Problems(new RedisOptions { Configuration = configuration })), StringComparison.Ordinal);

    [Fact]
    public void Validate_OfAuthoritiesThatAreNotThere_SaysSo() =>
        Assert.Single(Problems(new RedisOptions { Configuration = "redis:6379,ssl=true", CertificateAuthorities = "/no/such/file.pem" }));

    private static string[] Problems(RedisOptions options) => [.. options.Validate(new ValidationContext(options)).Select(static result => result.ErrorMessage!)];
}
