using System.Diagnostics.Metrics;
using Inference.Recommendations;
using Inference.Recommendations.Queries;
using Xunit;

namespace UnitTests.Recommendations;

/// <summary>What is counted of served slates.</summary>
public sealed class ServedCountsTests
{
    [Fact]
    public void Measure_AfterSlatesOfManyThreads_CountsEachOnce()
    {
        var counts = new ServedCounts();
        // Two versions in turns, each the same string and once an equal one.
        string[] versions = ["m/1", "m/2", string.Concat("m", "/1")];
        Parallel.For(0, 30_000, i => counts.Add(versions[i % 3], i % 2 == 0 ? Rung.UserTower : Rung.Popularity, 10));

        Assert.Equal(300_000, counts.Items);
        Assert.Equal(
            [("m/1", "Popularity", 10_000L), ("m/1", "UserTower", 10_000), ("m/2", "Popularity", 5_000), ("m/2", "UserTower", 5_000)],
            counts.Measure(static rung => rung.ToString()).Select(Of).Order());
    }

    [Fact]
    public void Measure_BeforeAnythingIsServed_IsEmpty() => Assert.Empty(new ServedCounts().Measure(static rung => rung.ToString()));

    [Fact]
    public void Add_OfTheVersionThatAnswers_AllocatesNothing()
    {
        var counts = new ServedCounts();
        counts.Add("m/1", Rung.Session, 1);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
            counts.Add("m/1", Rung.Session, 1);

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private static (string Version, string Rung, long Count) Of(Measurement<long> measured) => ((string)measured.Tags[0].Value!, (string)measured.Tags[1].Value!, measured.Value);
}
