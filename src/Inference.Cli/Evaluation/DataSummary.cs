using System.Globalization;
using Inference.Cli.Frame;
using Inference.Training.Data;
using Inference.Training.Evaluation;
using Inference.Training.Features;
using Spectre.Console;

namespace Inference.Cli.Evaluation;

/// <summary>What was read of a data folder, for people: rows that were left out, with line and reason, and what each column holds and is used as.</summary>
internal static class DataSummary
{
    private const int MostRows = 5;
    private const int MostColumns = 40;

    public static void Write(CommandHost host, EvaluationInputs inputs)
    {
        DataFolder data = inputs.Data;
        Bad(host, "events", data.Events.BadRows, data.Events.Count);
        Bad(host, "users", data.Users.BadRows, data.Users.Count);
        Bad(host, "items", data.Items.BadRows, data.Items.Count);
        Columns(host, inputs);
    }

    private static void Bad(CommandHost host, string file, BadRows bad, long good)
    {
        if (bad.Count == 0)
            return;
        host.Output.WriteLine(FormattableString.Invariant($"bad rows  {file}: {bad.Count:N0} of {bad.Count + good:N0} left out"));
        foreach (BadRow row in bad.First.Take(MostRows))
            host.Output.WriteLine(FormattableString.Invariant($"          line {row.Line}: {row.Reason}"));
        if (bad.Count > MostRows)
            host.Output.WriteLine("          …");
    }

    private static void Columns(CommandHost host, EvaluationInputs inputs)
    {
        List<string[]> rows = [.. RowsOf("users", inputs.Data.Users, inputs.Features.Decisions), .. RowsOf("items", inputs.Data.Items, inputs.Features.Decisions)];
        if (rows.Count == 0)
            return;
        Table table = new Table().Border(TableBorder.Rounded).AddColumn("column").AddColumn("holds").AddColumn(new TableColumn("distinct").RightAligned()).AddColumn(new TableColumn("missing").RightAligned()).AddColumn("used as");
        foreach (string[] row in rows.Take(MostColumns))
            table.AddRow([.. row.Select(Markup.Escape)]);
        host.Console.Write(table);
        if (rows.Count > MostColumns)
            host.Output.WriteLine(FormattableString.Invariant($"          and {rows.Count - MostColumns} more columns"));
    }

    private static IEnumerable<string[]> RowsOf(string name, EntityTable table, IReadOnlyList<FeatureDecision> decisions)
    {
        string Used(string column) => string.Join("; ", decisions.Where(decision => decision.Table == name && decision.Column == column).Select(decision => decision.What));
        foreach (ColumnSummary column in table.Describe())
        {
            yield return
            [
                $"{name}.{column.Name}", column.Type.ToString(), column.Distinct.ToString("N0", CultureInfo.InvariantCulture), column.Missing.ToString("N0", CultureInfo.InvariantCulture), Used(column.Name),
            ];
        }

        // What is made of no column: prefixes of ids, vectors of texts.
        foreach (string made in decisions.Where(decision => decision.Table == name && table.Column(decision.Column) is null).Select(decision => decision.Column).Distinct())
            yield return [$"{name}.{made}", "", "", "", Used(made)];
    }
}
