using Inference.Server.Hosting;
using Xunit;

namespace UnitTests.Server.Hosting;

public sealed class PoolSizeTests
{
    private const int Fewest = 2, Most = 5, Period = 10;

    private readonly PoolSize _size = new(Fewest, Most);
    private long _now = 1_000;
    private long _completed;

    [Fact]
    public void Size_StaysAtTheFewest_HowMuchShortWorkThereIs()
    {
        for (int i = 0; i < 500; i++)
            Assert.Equal(Fewest, Look(waiting: 300, completed: 200));
    }

    [Fact]
    public void Size_GrowsOneByOneToTheMost_WhileWorkWaitsBehindLongWork()
    {
        for (int expected = Fewest; expected < Most; expected++)
        {
            // It may have come just now.
            Assert.Equal(expected, Look(waiting: 3, completed: 5));
            Assert.True(_size.LooksAgain);
            Assert.Equal(expected + 1, Look(waiting: 3, completed: 5));
            Assert.False(_size.LooksAgain);
        }

        Look(waiting: 3, completed: 0);
        Assert.Equal(Most, Look(waiting: 3, completed: 0));
    }

    [Fact]
    public void Size_StaysAtTheFewest_WhereWorkWaitsOnlyAtTheMomentOfALook()
    {
        for (int i = 0; i < 500; i++)
            Assert.Equal(Fewest, Look(waiting: i % 2, completed: 1));
    }

    [Fact]
    public void Size_IsOneMore_WhileCallsWaitForRoom()
    {
        for (int i = 0; i < 500; i++)
            Assert.Equal(Fewest + 1, Look(waiting: 20, completed: 200, callsWait: true));
    }

    [Fact]
    public void Size_FallsBack_AfterASecondOfCalm()
    {
        for (int i = 0; i < 4; i++)
            Look(waiting: 1, completed: 0);
        Assert.Equal(4, _size.Now);

        for (int i = 1; i < PoolSize.Calm / Period; i++)
            Assert.Equal(4, Look(waiting: 0, completed: 10));
        Assert.Equal(Fewest, Look(waiting: 0, completed: 10));
    }

    [Fact]
    public void Size_OfAPoolThatMayNotGrow_StaysAsItIs()
    {
        var size = new PoolSize(3, 3);
        for (int i = 1; i < 50; i++)
            Assert.Equal(3, size.Look(i * Period, 5, 0, callsWait: true));
    }

    private int Look(long waiting, long completed, bool callsWait = false) => _size.Look(_now += Period, waiting, _completed += completed, callsWait);
}
