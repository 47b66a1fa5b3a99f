using System.Globalization;

namespace Benchmarks.Serving;

/// <summary>What one round said of one kind of request.</summary>
/// <param name="P50">Median time of a call, in µs.</param>
/// <param name="P99">In µs.</param>
/// <param name="Bytes">Mean size of a response.</param>
/// <param name="Processor">Processor time of the server for one call, in µs.</param>
/// <param name="Labelled">Replies that were degraded or short.</param>
internal readonly record struct RetrievalSample(double P50, double P99, double Bytes, double Processor, int Labelled);

/// <summary>Medians over the rounds, and what a kind adds to the first one: the median of the differences within a round.</summary>
internal sealed record RetrievalRow(string Name, double P50, double P99, double Processor, double Bytes, double AddedP50, double AddedP99, double AddedProcessor, double AddedBytes, int Labelled)
{
    public const string Head = "| request | p50 µs | p99 µs | processor µs | bytes | added p50 | added p99 | added processor | added bytes | labelled |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |";

    public static RetrievalRow Of(string name, List<RetrievalSample> samples, List<RetrievalSample> first) => new(
        name,
        Median(samples.Select(sample => sample.P50)),
        Median(samples.Select(sample => sample.P99)),
        Median(samples.Select(sample => sample.Processor)),
        Median(samples.Select(sample => sample.Bytes)),
        Median(samples.Zip(first, static (one, base1) => one.P50 - base1.P50)),
        Median(samples.Zip(first, static (one, base1) => one.P99 - base1.P99)),
        Median(samples.Zip(first, static (one, base1) => one.Processor - base1.Processor)),
        Median(samples.Zip(first, static (one, base1) => one.Bytes - base1.Bytes)),
        samples.Sum(sample => sample.Labelled));

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"| {Name} | {P50:0} | {P99:0} | {Processor:0} | {Bytes:0} | {AddedP50:+0;-0;0} | {AddedP99:+0;-0;0} | {AddedProcessor:+0;-0;0} | {AddedBytes:+0;-0;0} | {Labelled} |");

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
