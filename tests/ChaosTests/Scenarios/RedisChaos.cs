using ChaosTests.Load;
using ChaosTests.Server;
using RedisRig;
using Xunit;
using Xunit.Abstractions;

namespace ChaosTests.Scenarios;

/// <summary>
/// Whatever happens to Redis: every call is answered in time and not empty, answers say when Redis was of no help, nothing that was confirmed is lost, and the server uses
/// Redis again without a restart.
/// </summary>
public abstract class RedisChaos(ITestOutputHelper output)
{
    private protected async Task SurviveAsync(string name)
    {
        RedisRequirement.Check();
        using ChaosWorld world = await ChaosWorld.WriteAsync();
        ChaosCase chaos = ChaosCases.All.Single(one => one.Name == name);

        ChaosResult result = await ChaosRun.RunAsync(chaos, world, ChaosPace.Test);

        output.WriteLine(result.ToString());
        Assert.All(result.Phases, static phase =>
        {
            Assert.True(phase.Failed == 0, phase.ToString());
            Assert.True(phase.Empty == 0, phase.ToString());
            Assert.True(phase.Dropped == 0, phase.ToString());
            Assert.Equal(phase.Due, phase.Ended);
        });
        Assert.True(result.During.Strangers > 0, "No stranger asked while it was broken.");
        if (chaos.Labelling == Labelling.All)
            Assert.Equal(result.During.Strangers, result.During.LabelledStrangers);
        Assert.True(result.EventsDuring > 0, "Nothing was recorded while it was broken.");
        Assert.Empty(result.Lost);
        Assert.Empty(result.WrongHistories);
        Assert.Empty(result.NotUsed);
    }
}
