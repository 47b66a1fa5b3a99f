using Inference.Server.Hosting;
using Xunit;

namespace UnitTests.Server.Hosting;

public sealed class OverloadSchedulingTests : IDisposable
{
    private const int Period = 100;

    private readonly List<bool> _set = [];
    private readonly OverloadScheduling _scheduling;
    private double _refused;
    private long _now = 1_000;

    public OverloadSchedulingTests() => _scheduling = new OverloadScheduling(() => _refused, _set.Add);

    public void Dispose() => _scheduling.Dispose();

    [Fact]
    public void Threads_AreLeftAlone_WhileLittleIsRefused()
    {
        Look(0, times: 50);
        Look(OverloadScheduling.Much, times: 50);
        Assert.Empty(_set);
        Assert.False(_scheduling.IsOn);
    }

    [Fact]
    public void Threads_DoNotInterrupt_WhileCallsAreRefused_AndAreSetAgainAtEachLook()
    {
        Look(0.6, times: 3);
        Assert.True(_scheduling.IsOn);
        Assert.Equal([false, false, false], _set);
    }

    [Fact]
    public void Threads_InterruptAgain_AfterASecondWithHardlyAnyRefusals()
    {
        Look(0.6, times: 1);
        Look(OverloadScheduling.Little, times: (int)(OverloadScheduling.Calm / Period) - 1);
        Assert.True(_scheduling.IsOn);

        Look(OverloadScheduling.Little, times: 1);
        Assert.False(_scheduling.IsOn);
        Assert.Equal([false, true], _set);

        Look(0.03, times: 20);
        Assert.Equal(2, _set.Count);
    }

    [Fact]
    public void Threads_DoNotInterrupt_WhileRefusalsRemain_ThoughTheyAreFewerThanThoseThatBeganIt()
    {
        Look(0.6, times: 1);
        Look(0.03, times: 100);
        Assert.True(_scheduling.IsOn);
        Assert.DoesNotContain(true, _set);
    }

    [Fact]
    public void Threads_InterruptAgain_WhenNobodyLooksAfterThemAnyMore()
    {
        Look(0.6, times: 1);
        _scheduling.Dispose();
        Assert.Equal([false, true], _set);
    }

    private void Look(double refused, int times)
    {
        _refused = refused;
        for (int i = 0; i < times; i++)
            _scheduling.Look(_now += Period);
    }
}
