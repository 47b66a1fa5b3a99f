using System.Globalization;

namespace Benchmarks.Serving;

/// <summary>A way of asking about many users.</summary>
/// <param name="Name">"stream" or "unary".</param>
/// <param name="Concurrency">Users on their way at once.</param>
internal readonly record struct StreamKind(string Name, int Concurrency);

/// <summary>What one round said of one kind.</summary>
/// <param name="Rate">Users per second.</param>
/// <param name="Processor">Processor time of the server for one user, in µs.</param>
/// <param name="Allocated">Bytes that the server allocated for one user.</param>
/// <param name="Labelled">Answers that were degraded, or errors.</param>
internal readonly record struct StreamSample(double Rate, double Processor, double Allocated, int Labelled);

/// <summary>Medians over the rounds, and of the ratios to unary calls within a round.</summary>
internal sealed record StreamRow(string Name, int Concurrency, double UsersPerSecond, double Processor, double Allocated, double RateRatio, double ProcessorRatio, int Labelled)
{
    public const string Head = "| kind | at once | users/s | server µs/user | server bytes/user | users/s to unary | µs to unary | labelled |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |";

    public static StreamRow Of(StreamKind kind, List<StreamSample> samples, List<StreamSample> unary) => new(
        kind.Name,
        kind.Concurrency,
        Median(samples.Select(sample => sample.Rate)),
        Median(samples.Select(sample => sample.Processor)),
        Median(samples.Select(sample => sample.Allocated)),
        Median(samples.Zip(unary, static (one, other) => one.Rate / other.Rate)),
        Median(samples.Zip(unary, static (one, other) => one.Processor / other.Processor)),
        samples.Sum(sample => sample.Labelled));

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"| {Name} | {Concurrency} | {UsersPerSecond:0} | {Processor:0} | {Allocated:0} | {RateRatio:0.00} | {ProcessorRatio:0.00} | {Labelled} |");

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
