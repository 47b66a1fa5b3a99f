using System.CommandLine;
using Inference.Cli.Frame;
using Inference.Cli.Load.Plot;

namespace Inference.Cli.Verbs;

/// <summary>`load plot`: draws the results of loads as SVG pictures.</summary>
internal static class LoadPlotVerb
{
    public static Verb Create(CommandHost host)
    {
        var files = new Argument<string[]>("FILE") { Description = "Results that load --json wrote; NAME=FILE names the lines", Arity = ArgumentArity.OneOrMore };
        var output = new Option<string>("--out") { Description = "The picture", HelpName = "FILE.svg", Required = true };
        var kind = new Option<LoadPlotKind>("--kind") { Description = "curve: latency against offered rate; percentiles: latency by percentile; series: latency by time", HelpName = "curve|percentiles|series" };
        var title = new Option<string?>("--title") { Description = "What stands above it", HelpName = "TEXT" };
        var command = new Command("plot", "Draw results of loads as an SVG picture") { files, output, kind, title };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            string path = parsed.GetRequiredValue(output);
            OutputPath.CheckFile("--out", path);
            LoadResult[] results = [.. parsed.GetRequiredValue(files).Select(LoadResult.Read)];
            string svg = parsed.GetValue(kind) switch
            {
                LoadPlotKind.Percentiles => LoadPlots.Percentiles(parsed.GetValue(title) ?? "Latency by percentile", results),
                LoadPlotKind.Series => LoadPlots.Series(parsed.GetValue(title) ?? "Latency by time", results),
                _ => LoadPlots.Curve(parsed.GetValue(title) ?? "Latency against offered load", results),
            };
            await File.WriteAllTextAsync(path, svg, cancellationToken);
            return ExitCode.Ok;
        });
        return new Verb(command, "inference load plot curve.json --out curve.svg", "inference load plot warm=warm.json cold=cold.json --kind percentiles --out percentiles.svg");
    }
}
