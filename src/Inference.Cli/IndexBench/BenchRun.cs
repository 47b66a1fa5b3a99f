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
            // The highest target first: what is chosen for it often serves the others too.
            double[] open = [.. options.Targets.OrderDescending()];
            var ofName = new List<BenchRow>();
            do
            {
                begin($"{(source.LoadFolder is null ? "building" : "loading")} {name}");
                bool isFirst = ofName.Count == 0;
                MadeIndex made = source.Make(name, set, options.K, open.Length > 0 ? open[0] : null, isFirst, cancellationToken);
                using VectorIndex index = made.Index;
                double[] served = name != IndexSource.Auto || made.ServesLowerTargets ? open : open[..Math.Min(1, open.Length)];
                open = open[served.Length..];
                int queries = name == IndexSource.Auto ? set.QueryCount - set.SampleCount : set.QueryCount;
                var measurement = new IndexMeasurement(index, set, truth, options with { Targets = served }, queries);
                var blank = new BenchRow
                {
                    Index = name,
                    Kind = index.Kind,
                    Recall = 0,
                    BuildSeconds = made.BuildSeconds,
                    LoadSeconds = made.LoadSeconds,
                    BytesPerVector = (double)index.Bytes / index.Count,
                };
                ofName.AddRange(measurement.Measure(blank, begin($"measuring {name}"), cancellationToken));
                if (options.WithCurve && isFirst)
                    curves.Add((name, measurement.Curve(begin($"curve of {name}"), cancellationToken)));
            }
            while (open.Length > 0);
            rows.AddRange(ofName.OrderBy(static row => row.Target));
        }
        return new BenchReport(new SetDescription(files.Rows, files.Queries, metric, set.Rows.Count, set.Rows.Dimension, set.QueryCount), options, source, rows, curves);
    }
}
