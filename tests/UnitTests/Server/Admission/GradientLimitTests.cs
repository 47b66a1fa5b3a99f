using System.Diagnostics.CodeAnalysis;
using Inference.Server.Admission.Limits;
using Xunit;
using Xunit.Abstractions;

namespace UnitTests.Server.Admission;

/// <summary>What the limit makes of a calculated server. Capacity is what its processors can do; goodput is what they did for callers who still waited.</summary>
[SuppressMessage("Security", "CA5394", Justification = "A seeded model")]
public sealed class GradientLimitTests(ITestOutputHelper output)
{
    private const int Seed = 17, Min = 4, Max = 1_024;
    private const double Work = 0.001;

    private GradientLimit _limit = NewLimit();
    private long _timeout = long.MaxValue;

    [Theory]
    [InlineData(0.5)]
    [InlineData(0.9)]
    [InlineData(1)]
    [InlineData(1.5)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    public void Goodput_AtAnyLoad_IsNineTenthsOfWhatCanBe(double load)
    {
        ServerModel server = NewServer(_ => load * 2 / Work);
        server.Run(10);

        double goodput = server.Good.Skip(3).Average() / 2;
        output.WriteLine($"load {load}: goodput {goodput:0.000}, limit {string.Join(' ', server.Limits)}");
        Assert.True(goodput >= 0.9 * Math.Min(1, load), $"{goodput}");
        // What came in the first seconds is not lost either.
        Assert.True(server.Good.Take(3).Average() / 2 >= 0.75 * Math.Min(1, load), $"{server.Good.Take(3).Average() / 2}");
        if (load <= 0.5)
            Assert.Equal(0, server.Refusals.Sum());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void Goodput_OfATowerInBatches_IsNineTenthsOfFullBatches(double load)
    {
        // 32 rows in 9.4 ms: 3,404 a second; one row alone 3.2 ms, 312 a second. Too low a limit would make small batches.
        static double Time(int rows) => 0.003 + (0.0002 * rows);
        double capacity = 32 / Time(32);
        ServerModel server = NewServer(_ => load * capacity, batches: (32, Time));
        server.Run(15);

        double goodput = server.Answers.Skip(5).Average();
        output.WriteLine($"load {load}: goodput {goodput / capacity:0.000}, limit {string.Join(' ', server.Limits)}");
        Assert.True(goodput >= 0.9 * capacity, $"{goodput} of {capacity}");
    }

    [Fact]
    public void Limit_OfCallersInAHurry_LeavesThemMostOfTheirTime()
    {
        static double Mean(ServerModel server) => server.Limits.Skip(5).Average();
        ServerModel patient = NewServer(_ => 3 * 2 / Work);
        patient.Run(15);
        // A quarter of 12 ms are 3 ms: what two processors do in it are six calls, and the limit keeps some more for bursts.
        (_limit, _timeout) = (NewLimit(), TimeSpan.FromMilliseconds(12).Ticks);
        ServerModel hurried = NewServer(_ => 3 * 2 / Work);
        hurried.Run(15);

        output.WriteLine($"patient {string.Join(' ', patient.Limits)}, hurried {string.Join(' ', hurried.Limits)}");
        Assert.InRange(Mean(hurried), 6, Mean(patient) / 1.5);
        Assert.True(hurried.Good.Skip(5).Average() / 2 >= 0.9, $"{hurried.Good.Skip(5).Average() / 2}");
    }

    [Fact]
    public void Limit_OfWhichHalfIsNotUsed_FallsOnlyWhereThatManyAreTooMany()
    {
        // Known to take a millisecond alone.
        long now = Feed(0, ticks: TimeSpan.TicksPerMillisecond, inFlight: 1);
        int before = _limit.Limit;
        Assert.Equal(64, before);

        // Sixteen would share two processors and be stretched eightfold: they cannot be what makes calls take twenty times as long.
        now = Feed(now, 20 * TimeSpan.TicksPerMillisecond, inFlight: 16);
        Assert.Equal(before, _limit.Limit);
        // Thirty can.
        Feed(now, 20 * TimeSpan.TicksPerMillisecond, inFlight: 30);
        Assert.InRange(_limit.Limit, Min, 29);
    }

    [Fact]
    public void Limit_AfterASlowPhase_LetsThroughWhatItDidBefore()
    {
        // A dependency that is ten times slower for five seconds, for everybody alike.
        ServerModel server = NewServer(_ => 0.7 * 2 / Work, (now, random) => (0, Exponential(random) * Work * (now is >= 5 and < 10 ? 10 : 1)));
        server.Run(20);

        output.WriteLine($"refused {string.Join(' ', server.Refusals)}, limit {string.Join(' ', server.Limits)}");
        Assert.True(server.Refusals[5..10].Sum() > 0);
        Assert.Equal(0, server.Refusals[13..].Sum());
        Assert.True(server.Good[12..].Average() / 2 >= 0.63);
    }

    [Fact]
    public void Limit_OfCallsThatHaveBecomeDearer_FollowsThem()
    {
        // Not more load, but ten times the waiting for something elsewhere: as if there were very many processors.
        ServerModel server = NewServer(_ => 2_000, (now, random) => (0, Exponential(random) * (now < 5 ? 0.001 : 0.01)), processors: 1_000);
        server.Run(20);

        output.WriteLine($"refused {string.Join(' ', server.Refusals)}, limit {string.Join(' ', server.Limits)}");
        Assert.Equal(0, server.Refusals[12..].Sum());
    }

    [Fact]
    public void Limit_WithPausesOfTheCollector_StaysHigh()
    {
        ServerModel server = NewServer(_ => 0.8 * 2 / Work, pause: now => now % 1 < 0.01 ? 0.06 : 0);
        server.Run(15);

        output.WriteLine($"refused {string.Join(' ', server.Refusals)}, limit {string.Join(' ', server.Limits)}");
        Assert.True(server.Good[3..].Average() / 2 >= 0.9 * 0.8, $"{server.Good[3..].Average() / 2}");
    }

    [Fact]
    public void Limit_WithCheapAndDearMethods_IsThatOfEither()
    {
        // Half of the calls are a hundred times dearer than the others, from one moment to the next; the load stays the same.
        ServerModel server = NewServer(
            now => 0.6 * 2 / (now < 5 ? 0.0001 : (0.0001 + 0.01) / 2),
            (now, random) => now >= 5 && random.Next(2) == 0 ? (1, Exponential(random) * 0.01) : (0, Exponential(random) * 0.0001));
        server.Run(15);

        output.WriteLine($"refused {string.Join(' ', server.Refusals)}, limit {string.Join(' ', server.Limits)}");
        Assert.Equal(0, server.Refusals.Sum());
    }

    [Fact]
    public void Limit_OfAnySamples_StaysWithinItsBounds()
    {
        var random = new Random(Seed);
        long now = 0;
        for (int i = 0; i < 200_000; i++)
        {
            now += random.Next(100_000);
            _limit.Add(random.Next(2), random.NextInt64(1L << random.Next(1, 40)), random.Next(1, 2_000), now);
            Assert.InRange(_limit.Limit, Min, Max);
        }
    }

    /// <summary>Half a second of equal calls.</summary>
    private long Feed(long now, long ticks, int inFlight)
    {
        for (int i = 0; i < 250; i++)
            _limit.Add(0, ticks, inFlight, now += 2 * TimeSpan.TicksPerMillisecond);
        return now;
    }

    private static GradientLimit NewLimit() => new(Min, Max, tolerance: 8, methods: 2, processors: 2, window: TimeSpan.TicksPerSecond / 10);

    private ServerModel NewServer(
        Func<double, double> rate, Func<double, Random, (int, double)>? draw = null, (int, Func<int, double>)? batches = null, int processors = 2, Func<double, double>? pause = null) => new(Seed)
    {
        Processors = processors,
        Rate = rate,
        Draw = draw ?? ((_, random) => (0, Exponential(random) * Work)),
        Batches = batches,
        Pause = pause ?? (static _ => 0),
        QueueLength = 1_024,
        Limit = () => _limit.Limit,
        Ended = (method, ticks, inFlight, now) => _limit.Add(method, ticks, inFlight, now, _timeout),
    };

    private static double Exponential(Random random) => -Math.Log(1 - random.NextDouble());
}
