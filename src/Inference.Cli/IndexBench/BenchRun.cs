using Inference.Vectors;

namespace Inference.Cli.IndexBench;

/// <summary>The files of a measurement.</summary>
/// <param name="Rows">Rows to index.</param>
/// <param name="Queries">Queries.</param>
/// <param name="Truth">The best rows of each query; null to compute them.</param>
/// <param name="SaveTruth">Where to write them; null for nowhere.</param>
/// <param name="QueryLimit">Only so many queries; 0 for all.</param>
internal sealed record BenchFiles(string Rows, string Queries, string? Truth, string? SaveTruth, int QueryLimit);

/// <summary>A whole measurement: read, find the truth, and index after index build and measure.</summary>
internal static class BenchRun
{
    /// <param name="files">What to read and write.</param>
    /// <param name="metric">How vectors are compared.</param>
    /// <param name="source">Where the indexes come from.</param>
    /// <param name="options">What to measure.</param>
    /// <param name="begin">Begins a step that reports its progress from 0 to 1.</param>
    /// <param name="cancellationToken">Ends it between two passes over the queries.</param>
    /// <exception cref="Frame.CommandFailedException">The files do not fit together.</exception>
    /// <exception cref="InvalidDataException">A file is damaged.</exception>
    /// <exception cref="IOException">A file cannot be read or written.</exception>
    public static BenchReport Run(BenchFiles files, Metric metric, IndexSource source, BenchOptions options, Func<string, IProgress<double>> begin, CancellationToken cancellationToken)
    {
        begin("reading");
        using BenchSet set = BenchSet.Read(files.Rows, files.Queries, metric, files.QueryLimit);
        IProgress<double> step = begin(files.Truth is null ? "exact search for the truth" : "reading the truth");
        using Truth truth = files.Truth is null ? Truth.Compute(set, options.K, step, cancellationToken) : Truth.Read(files.Truth, set, options.K);
        if (files.SaveTruth is not null)
            truth.Save(files.SaveTruth);

        var rows = new List<BenchRow>();
        var curves = new List<(string, IReadOnlyList<CurvePoint>)>();
        foreach (string name in options.Indexes)
        {
            begin($"{(source.LoadFolder is null ? "building" : "loading")} {name}");
            (VectorIndex index, double? buildSeconds, double? loadSeconds) = source.Make(name, set);
            using (index)
            {
                var measurement = new IndexMeasurement(index, set, truth, options);
                var blank = new BenchRow { Index = name, Kind = index.Kind, Recall = 0, BuildSeconds = buildSeconds, LoadSeconds = loadSeconds, BytesPerVector = (double)index.Bytes / index.Count };
                rows.AddRange(measurement.Measure(blank, begin($"measuring {name}"), cancellationToken));
                if (options.WithCurve)
                    curves.Add((name, measurement.Curve(begin($"curve of {name}"), cancellationToken)));
            }
        }
        return new BenchReport(new SetDescription(files.Rows, files.Queries, metric, set.Rows.Count, set.Rows.Dimension, set.QueryCount), options, rows, curves);
    }
}
