using Inference.Server.Hosting;
using Xunit;

namespace UnitTests.Server;

public class ReadinessTests
{
    [Fact]
    public void Advance_ToALaterState_SignalsThoseWhoObserve()
    {
        var readiness = new Readiness();
        (ServerState state, Task changed) = readiness.Observe();
        Assert.Equal(ServerState.Loading, state);
        Assert.False(changed.IsCompleted);

        readiness.Advance(ServerState.Ready);

        Assert.True(changed.IsCompletedSuccessfully);
        Assert.True(readiness.IsReady);
        Assert.False(readiness.Observe().Changed.IsCompleted);
    }

    [Fact]
    public void Advance_ToAnEarlierState_IsIgnored()
    {
        var readiness = new Readiness();
        readiness.Advance(ServerState.Stopping);

        readiness.Advance(ServerState.Ready);

        Assert.Equal(ServerState.Stopping, readiness.State);
    }
}
