using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Inference.Cli.Frame;
using Inference.Recommendations.Surfaces;
using Inference.Training.Evaluation;
using Inference.Training.Fused;
using Spectre.Console;

namespace Inference.Cli.Evaluation;

/// <summary>A surface over a bundle, as one more entrant of an evaluation; and each kind of retriever alone, to see what their fusion brings.</summary>
/// <param name="bundle">The bundle; stays the caller's to dispose.</param>
/// <param name="surface">The surface.</param>
/// <param name="name">Name of the entrant in results.</param>
internal sealed class ServedSurface(ServedBundle bundle, Surface surface, string name) : EntrantRecipe
{
    public override string Name => name;

    public override string Description => $"{bundle.Description}, for {name}";

    public override Entrant Make(EvaluationInputs inputs, JsonObject? hyperparameters, IProgress<double> progress, CancellationToken cancellationToken) =>
        Entrant.Of(bundle.RankingOf(surface, name, inputs));

    /// <summary>The surface of a name.</summary>
    /// <param name="name">As `--surface` says.</param>
    /// <param name="file">As `--surfaces` says; null for the built-in ones.</param>
    /// <exception cref="CommandFailedException">There is no such file or surface.</exception>
    public static Surface Find(string name, string? file)
    {
        SurfaceSet set;
        if (file is null)
            set = SurfacesFile.BuiltIn;
        else
            set = SurfacesFile.TryReadFile(file, out IReadOnlyList<SurfaceProblem> problems) ?? throw new CommandFailedException($"The file of surfaces '{file}' is refused:{string.Concat(problems.Select(problem => $"\n  - {problem}"))}");
        return set.Find(name) ?? throw new CommandFailedException($"There is no surface '{name}'; there are {set}.");
    }

    /// <summary>The surface, and the kinds of retrievers alone.</summary>
    public static IReadOnlyList<ServedSurface> All(ServedBundle bundle, Surface surface) =>
    [
        new ServedSurface(bundle, surface, $"surface:{surface.Name}"),
        .. SurfaceRanking.SinglesOf(bundle.Snapshot, Math.Max(1, surface.Retrievers.Select(retriever => retriever.Quota).DefaultIfEmpty(200).Max()))
            .Select(single => new ServedSurface(bundle, new Surface { Name = single.Name, Retrievers = [single], Fusion = SurfaceFusion.ZScore }, $"only:{single.Name}")),
    ];

    /// <summary>The surface against the best single retriever and the bundle's own way, by scenario, for people.</summary>
    public static void Write(CommandHost host, EvaluationReport report, string surface)
    {
        var table = new Table().Border(TableBorder.Rounded).Title($"surface '{Markup.Escape(surface)}' against the best single retriever, NDCG@10").AddColumn("scenario");
        foreach (string column in (string[])["surface", "best single", "alone", "difference", "95 %", "bundle's own way"])
            table.AddColumn(new TableColumn(column).RightAligned());
        foreach (Comparison row in Compare(report, surface))
        {
            table.AddRow(
                Markup.Escape(row.Scenario), Text($"{row.Fused:0.0000}"), Markup.Escape(row.Single), Text($"{row.Alone:0.0000}"), Text($"{row.Pair.Difference:+0.0000;-0.0000;0.0000}"),
                Text($"{row.Pair.Interval.Low:+0.0000;-0.0000;0.0000} to {row.Pair.Interval.High:+0.0000;-0.0000;0.0000}"), Text($"{row.Bundle:0.0000}"));
        }

        host.Console.Write(table);

        static string Text(FormattableString text) => FormattableString.Invariant(text);
    }

    /// <summary>The same as a property "surface".</summary>
    public static void Write(Utf8JsonWriter json, EvaluationReport report, string surface)
    {
        json.WriteStartObject("surface");
        json.WriteString("name", surface);
        foreach (Comparison row in Compare(report, surface))
        {
            json.WriteStartObject(row.Scenario);
            json.WriteNumber("ndcg@10", row.Fused);
            json.WriteString("best_single", row.Single);
            json.WriteNumber("ndcg@10_of_best_single", row.Alone);
            json.WriteNumber("diff", row.Pair.Difference);
            json.WriteStartArray("ci95");
            json.WriteNumberValue(row.Pair.Interval.Low);
            json.WriteNumberValue(row.Pair.Interval.High);
            json.WriteEndArray();
            json.WriteNumber("ndcg@10_of_bundle", row.Bundle);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static IEnumerable<Comparison> Compare(EvaluationReport report, string surface)
    {
        foreach (Scenario scenario in report.Scenarios)
        {
            double Ndcg(string entrant) => report.Entrants.FirstOrDefault(one => one.Name == entrant)?.Results.FirstOrDefault(result => result.Scenario == scenario)?.Metrics.Ndcg10 ?? double.NaN;
            string fused = $"surface:{surface}";
            string? single = report.Entrants.Select(entrant => entrant.Name).Where(entrant => entrant.StartsWith("only:", StringComparison.Ordinal) && !double.IsNaN(Ndcg(entrant))).MaxBy(Ndcg);
            if (single is null || double.IsNaN(Ndcg(fused)))
                continue;
            PairedComparison pair = report.Significance[scenario.Name].First(pair => (pair.Model == fused && pair.Baseline == single) || (pair.Model == single && pair.Baseline == fused));
            if (pair.Model != fused)
                pair = pair with { Model = fused, Baseline = single, Difference = -pair.Difference, Interval = (-pair.Interval.High, -pair.Interval.Low) };
            yield return new Comparison(scenario.Name, Ndcg(fused), single["only:".Length..], Ndcg(single), pair, Ndcg(ServedBundle.EntrantName));
        }
    }

    private sealed record Comparison(string Scenario, double Fused, string Single, double Alone, PairedComparison Pair, double Bundle);
}
