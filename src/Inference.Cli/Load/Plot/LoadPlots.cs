using System.Text.Json;

namespace Inference.Cli.Load.Plot;

/// <summary>The pictures that the results of loads make.</summary>
internal static class LoadPlots
{
    private static readonly (string Label, string Name)[] CurveQuantiles = [("p50", "p50"), ("p99", "p99"), ("p99.9", "p99_9")];

    /// <summary>Latency against the offered rate, both axes logarithmic in time and linear in rate.</summary>
    public static string Curve(string title, IReadOnlyList<LoadResult> results)
    {
        var lines = new List<ChartLine>();
        foreach (LoadResult result in results)
        {
            foreach ((string label, string name) in CurveQuantiles)
            {
                lines.Add(new ChartLine(
                    results.Count == 1 ? label : $"{result.Name} {label}",
                    [.. result.Runs.Select(run => (LoadResult.Number(run, "offered_rps"), LoadResult.Number(run, "latency_us", name) / 1e3)).Where(point => point.Item2 > 0)]));
            }
        }

        return Draw(title, points => ChartAxis.Linear("offered requests/s", points.Select(point => point.X)), "latency, ms", lines);
    }

    /// <summary>Latency by percentile, one line for each run.</summary>
    public static string Percentiles(string title, IReadOnlyList<LoadResult> results)
    {
        var lines = new List<ChartLine>();
        foreach (LoadResult result in results)
        {
            foreach (JsonElement run in result.Runs)
            {
                string name = result.Runs.Count == 1 ? result.Name : FormattableString.Invariant($"{(results.Count == 1 ? "" : result.Name + " ")}{LoadResult.Number(run, "offered_rps"):N0}/s");
                // The maximum has no distance to 100: it stands where the last one before it does.
                lines.Add(new ChartLine(name, [.. run.GetProperty("percentiles_us").EnumerateArray().Select(pair => (pair[0].GetDouble(), pair[1].GetDouble() / 1e3)).Where(point => point.Item1 < 1 && point.Item2 > 0)]));
            }
        }

        return Draw(title, points => ChartAxis.Percentiles("percentile", points.Select(point => point.X).DefaultIfEmpty(0.99).Max()), "latency, ms", lines);
    }

    /// <summary>Latency by time; of several runs their first ones.</summary>
    public static string Series(string title, IReadOnlyList<LoadResult> results)
    {
        var lines = new List<ChartLine>();
        foreach (LoadResult result in results)
        {
            JsonElement series = result.Runs[0].GetProperty("series");
            string[] columns = [.. series.GetProperty("columns").EnumerateArray().Select(column => column.GetString() ?? "")];
            foreach ((string label, string name) in CurveQuantiles)
            {
                int column = Array.IndexOf(columns, name + "_us");
                lines.Add(new ChartLine(
                    results.Count == 1 ? label : $"{result.Name} {label}",
                    [.. series.GetProperty("rows").EnumerateArray().Select(row => (row[0].GetDouble() / 60, row[column].GetDouble() / 1e3)).Where(point => point.Item2 > 0)]));
            }
        }

        return Draw(title, points => ChartAxis.Linear("minutes", points.Select(point => point.X)), "latency, ms", lines);
    }

    private static string Draw(string title, Func<(double X, double Y)[], ChartAxis> across, string up, List<ChartLine> lines)
    {
        (double X, double Y)[] points = [.. lines.SelectMany(line => line.Points)];
        return LineChart.Draw(title, across(points), ChartAxis.Logarithmic(up, [.. points.Select(point => point.Y)]), lines);
    }
}
