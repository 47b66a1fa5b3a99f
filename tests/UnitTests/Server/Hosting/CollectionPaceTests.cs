using Inference.Server.Hosting;
using Xunit;

namespace UnitTests.Server.Hosting;

public sealed class CollectionPaceTests
{
    private readonly CollectionPace _pace = new();
    private double _now;
    private int _old;
    private int _middle;

    [Fact]
    public void IsDue_OnceTheTimeIsOver_IfAnythingGrewOld()
    {
        Assert.Equal(CollectionPace.Longest.TotalSeconds, SecondsUntilDue());
        Ask();
        Assert.Equal(CollectionPace.Longest.TotalSeconds, SecondsUntilDue());
    }

    [Fact]
    public void IsDue_WhileNothingGrowsOld_Never()
    {
        for (int second = 0; second < 10_000; second++)
            Assert.False(Look(1));
        _middle++;
        Assert.True(Look(1));
    }

    [Fact]
    public void Interval_AfterOneThatWasNotAskedFor_IsThreeFifthsOfItsTime()
    {
        Look(50);
        Runtime();
        Assert.False(Look(0));
        Assert.Equal(30, _pace.Interval.TotalSeconds, 3);
        Assert.Equal(30, SecondsUntilDue());
    }

    [Fact]
    public void Interval_AfterMany_ComesBackByAFiftiethEach()
    {
        Look(50);
        Runtime();
        Look(0);
        for (int i = 0; i < 10; i++)
        {
            SecondsUntilDue();
            Ask();
        }

        Assert.Equal(30 * Math.Pow(1.02, 10), _pace.Interval.TotalSeconds, 3);
        for (int i = 0; i < 100; i++)
        {
            SecondsUntilDue();
            Ask();
        }

        Assert.Equal(CollectionPace.Longest, _pace.Interval);
    }

    [Fact]
    public void Interval_WhileTheRuntimeStillHasItsThread_IsNotChanged()
    {
        for (int i = 0; i < 20; i++)
        {
            Look(CollectionPace.ThreadLife.TotalSeconds - 1);
            Runtime();
            Assert.False(Look(0));
        }

        Assert.Equal(CollectionPace.Longest, _pace.Interval);
        Assert.Equal(CollectionPace.Longest.TotalSeconds, SecondsUntilDue());
    }

    [Fact]
    public void Interval_WhateverTheRuntimeDoes_IsWithinItsBounds()
    {
        foreach (double seconds in (ReadOnlySpan<double>)[21, 1_000, 21, 25, 90, 1e6, 19, 22])
        {
            Look(seconds);
            Runtime();
            Look(0);
            Assert.InRange(_pace.Interval, CollectionPace.Shortest, CollectionPace.Longest);
        }
    }

    /// <summary>A collection by the runtime: of the old generation, and with it the middle one.</summary>
    private void Runtime() => (_old, _middle) = (_old + 1, _middle + 1);

    private void Ask()
    {
        Runtime();
        _pace.NoteAsked(TimeSpan.FromSeconds(_now), _old, _middle);
    }

    private bool Look(double later) => _pace.IsDue(TimeSpan.FromSeconds(_now += later), _old, _middle);

    /// <summary>With something growing old each second.</summary>
    private int SecondsUntilDue()
    {
        for (int second = 1; second < 1_000; second++)
        {
            _middle++;
            if (Look(1))
                return second;
        }

        return -1;
    }
}
