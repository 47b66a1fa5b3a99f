using Xunit;

namespace RedisRig;

/// <summary>What tests that need a real Redis ask first.</summary>
internal static class RedisRequirement
{
    /// <summary>Skips the test where redis-server is missing; fails it instead in CI, or where INFERENCE_REQUIRE_REDIS is 1.</summary>
    public static void Check()
    {
        bool isRequired = Environment.GetEnvironmentVariable("CI") == "true" || Environment.GetEnvironmentVariable("INFERENCE_REQUIRE_REDIS") == "1";
        Assert.False(isRequired && RedisProcess.Missing is not null, RedisProcess.Missing);
        Skip.If(RedisProcess.Missing is not null, RedisProcess.Missing);
    }
}
