using Inference.Cli.Frame;
using Inference.Training.Evaluation;
using Inference.Training.Evaluation.Sessions;
using Spectre.Console;

namespace Inference.Cli.Evaluation.Sessions;

/// <summary>Simulated sessions, for people.</summary>
internal static class SessionTable
{
    public static void Write(CommandHost host, SessionReport report)
    {
        host.Output.WriteLine(FormattableString.Invariant($"sessions  {report.Users:N0} unseen users of the {(report.Part == EvaluationPart.Test ? "test" : "validation")} part, {report.Options.Pages} pages of {report.Options.PageLength} items each"));
        Table table = Begin("Clicks per session", "policy", "page 1", $"{SessionJson.SomePages} pages", $"{report.Options.Pages} pages", "against popularity", "95 %", "regret");
        foreach (SessionScore score in report.Policies)
        {
            SessionResult result = score.Result;
            table.AddRow(
                Cell($"{result.Policy.Name}"), Cell($"{result.HitsOn(0):0.000}"), Cell($"{result.HitsUntil(SessionJson.SomePages):0.000}"), Cell($"{result.HitsUntil(report.Options.Pages):0.000}"), Cell($"{100 * score.Hits.Lift:+0.0;−0.0;0.0} %"),
                Cell($"{100 * score.Hits.Low:+0.0;−0.0;0.0} to {100 * score.Hits.High:+0.0;−0.0;0.0}"), Cell($"{result.Regret:0.000}"));
        }

        host.Console.Write(table);
        if (report.NewItems.Count == 0)
            return;
        host.Output.WriteLine(FormattableString.Invariant($"new items, one slot in each of {report.NewItems[0].Visits:N0} visits; with floor: items leave the pool when they were shown often enough; with floor first: items that were shown less often come first"));
        table = Begin("New items", "rule", "shown", "click rate", "second half", "5 times or more", "past the floor", "least shown");
        foreach (NewItemResult result in report.NewItems)
        {
            table.AddRow(
                Cell($"{result.Name}"), Cell($"{result.Shown:0}"), Cell($"{result.ClickRate:0.0000}"), Cell($"{result.ClickRateLate:0.0000}"), Cell($"{100 * result.ShareOfFive:0} %"), Cell($"{100 * result.ShareOfFloor:0} %"),
                Cell($"{result.LeastShown:0.0}"));
        }

        host.Console.Write(table);
    }

    private static Table Begin(string title, params string[] columns)
    {
        Table table = new Table().Border(TableBorder.Rounded).Title(title).AddColumn(columns[0]);
        foreach (string column in columns[1..])
            table.AddColumn(new TableColumn(column).RightAligned());
        return table;
    }

    private static Text Cell(FormattableString text) => new(FormattableString.Invariant(text));
}
