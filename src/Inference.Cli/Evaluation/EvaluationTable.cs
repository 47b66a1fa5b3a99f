using System.Globalization;
using Inference.Cli.Frame;
using Inference.Training.Evaluation;
using Spectre.Console;

namespace Inference.Cli.Evaluation;

/// <summary>An evaluation, for people: NDCG@10 of every model in every scenario, the best of each column marked.</summary>
internal static class EvaluationTable
{
    /// <summary>Metrics of which less is better; they say how narrow slates are.</summary>
    private const string LessIsBetter = "gini@10";

    public static void Write(CommandHost host, EvaluationReport report, EvaluationSource source, bool withDetails)
    {
        host.Output.WriteLine(FormattableString.Invariant($"data      {report.Dataset}: {report.TrainingUsers:N0} training users, {report.TrainingEvents:N0} events, {report.CatalogueItems:N0} items"));
        host.Output.WriteLine($"split     {source.Split}, {(report.Part == EvaluationPart.Test ? "test" : "validation")} part");
        DataSummary.Write(host, source.Inputs);
        Overview(host, report);
        if (withDetails)
        {
            foreach (Scenario scenario in report.Scenarios)
                Details(host, report, scenario);
        }

        foreach ((string name, string reason) in report.LeftOut)
            host.Output.WriteLine($"left out  {name}: {reason}");
        host.Output.WriteLine(FormattableString.Invariant($"took      {report.Elapsed.TotalSeconds:0.0} s: fitting {report.Entrants.Sum(entrant => entrant.FitTime.TotalSeconds):0.0} s, judging {report.Entrants.Sum(entrant => entrant.JudgeTime.TotalSeconds):0.0} s"));
    }

    private static void Overview(CommandHost host, EvaluationReport report)
    {
        var table = new Table().Border(TableBorder.Rounded).Title("NDCG@10 (* best of its column)").AddColumn("model");
        foreach (Scenario scenario in report.Scenarios)
            table.AddColumn(new TableColumn(scenario.Name).RightAligned());
        table.AddColumn(new TableColumn("fit").RightAligned()).AddColumn(new TableColumn("judge").RightAligned());
        foreach (EntrantReport entrant in report.Entrants)
        {
            table.AddRow(
            [
                Markup.Escape(entrant.Name),
                .. report.Scenarios.Select(scenario => Cell(host, Value(entrant, scenario), report.Entrants.Max(other => Value(other, scenario)))),
                Seconds(entrant.FitTime), Seconds(entrant.JudgeTime),
            ]);
        }

        table.AddRow(["users", .. report.Scenarios.Select(scenario => scenario.Users.Count.ToString("N0", CultureInfo.InvariantCulture)), "", ""]);
        host.Console.Write(table);
    }

    private static void Details(CommandHost host, EvaluationReport report, Scenario scenario)
    {
        (EntrantReport Entrant, ScenarioResult Result)[] rows = [.. report.Entrants.SelectMany(entrant => entrant.Results.Where(result => result.Scenario == scenario).Select(result => (entrant, result)))];
        if (rows.Length == 0)
            return;
        string[] names = [.. rows[0].Result.Metrics.Named().Select(metric => metric.Name)];
        var table = new Table().Border(TableBorder.Rounded).Title(scenario.Name).AddColumn("model").AddColumn(new TableColumn("95 %").RightAligned());
        foreach (string name in names)
            table.AddColumn(new TableColumn(name).RightAligned());
        double[] best = [.. names.Select((name, i) => name == LessIsBetter ? rows.Min(row => row.Result.Metrics.Named()[i].Value) : rows.Max(row => row.Result.Metrics.Named()[i].Value))];
        foreach ((EntrantReport entrant, ScenarioResult result) in rows)
        {
            (double low, double high) = result.Metrics.Ndcg10Interval;
            table.AddRow([Markup.Escape(entrant.Name), FormattableString.Invariant($"{low:0.0000}–{high:0.0000}"), .. result.Metrics.Named().Select((metric, i) => Cell(host, metric.Value, best[i]))]);
        }

        host.Console.Write(table);
    }

    private static double Value(EntrantReport entrant, Scenario scenario) => entrant.Results.FirstOrDefault(result => result.Scenario == scenario)?.Metrics.Ndcg10 ?? double.NaN;

    private static string Cell(CommandHost host, double value, double best)
    {
        if (double.IsNaN(value))
            return "–";
        string text = value.ToString("0.0000", CultureInfo.InvariantCulture);
        if (text != best.ToString("0.0000", CultureInfo.InvariantCulture))
            return text + "  ";
        return host.IsTerminal ? $"[bold green]{text} *[/]" : $"{text} *";
    }

    private static string Seconds(TimeSpan time) => time.TotalSeconds.ToString("0.00", CultureInfo.InvariantCulture) + " s";
}
