using System.Globalization;
using Inference.Training.Evaluation;

namespace Inference.Cli.Evaluation.Html;

/// <summary>The tables of the report.</summary>
internal static class ReportTables
{
    /// <summary>NDCG@10 of every model in every scenario.</summary>
    public static void Overview(Markup page, EvaluationReport report)
    {
        Begin(page, ["model", .. report.Scenarios.Select(scenario => scenario.Name), "fit, s", "judge, s"]);
        double[] best = [.. report.Scenarios.Select(scenario => report.Entrants.Max(entrant => Of(entrant, scenario)?.Metrics.Ndcg10 ?? double.NaN))];
        foreach (EntrantReport entrant in report.Entrants)
        {
            page.Raw("<tr>").Add($"<td title=\"{entrant.Description}\">{entrant.Name}</td>");
            for (int i = 0; i < best.Length; i++)
                Cell(page, Of(entrant, report.Scenarios[i])?.Metrics.Ndcg10, best[i]);
            page.Add($"<td>{entrant.FitTime.TotalSeconds:0.00}</td><td>{entrant.JudgeTime.TotalSeconds:0.00}</td>").Raw("</tr>");
        }

        page.Raw("<tr><td>users</td>");
        foreach (Scenario scenario in report.Scenarios)
            page.Add($"<td>{scenario.Users.Count:N0}</td>");
        page.Raw("<td></td><td></td></tr>");
        End(page);
    }

    /// <summary>All metrics of a scenario.</summary>
    public static void Scenario(Markup page, EvaluationReport report, Scenario scenario)
    {
        (string Name, ScenarioMetrics Metrics)[] rows = [.. report.Entrants.Select(entrant => (entrant.Name, Of(entrant, scenario)?.Metrics!)).Where(row => row.Item2 is not null)];
        if (rows.Length == 0)
            return;
        string[] names = [.. rows[0].Metrics.Named().Select(metric => metric.Name)];
        double[] best = [.. names.Select((name, i) => name == "gini@10" ? rows.Min(row => row.Metrics.Named()[i].Value) : rows.Max(row => row.Metrics.Named()[i].Value))];
        Begin(page, ["model", .. names[..1], "95 %", .. names[1..]]);
        foreach ((string name, ScenarioMetrics metrics) in rows)
        {
            page.Raw("<tr>").Add($"<td>{name}</td>");
            IReadOnlyList<(string Name, double Value)> values = metrics.Named();
            for (int i = 0; i < values.Count; i++)
            {
                Cell(page, values[i].Value, best[i]);
                if (i == 0)
                    page.Add($"<td class=\"same\">{metrics.Ndcg10Interval.Low:0.0000}–{metrics.Ndcg10Interval.High:0.0000}</td>");
            }

            page.Raw("</tr>");
        }

        End(page);
    }

    /// <summary>What slates are like beside being right.</summary>
    public static void Breadth(Markup page, EvaluationReport report, Scenario scenario)
    {
        (string Name, ScenarioMetrics Metrics)[] rows = [.. report.Entrants.Select(entrant => (entrant.Name, Of(entrant, scenario)?.Metrics!)).Where(row => row.Item2 is not null)];
        (string Title, Func<ScenarioMetrics, double> Value, bool LessIsBetter)[] columns =
        [
            ("coverage@10", metrics => metrics.Coverage10, false), ("novelty@10, bits", metrics => metrics.Novelty10, false), ("diversity (ild@10)", metrics => metrics.Ild10, false), ("gini@10", metrics => metrics.Gini10, true),
            ("ndcg@10", metrics => metrics.Ndcg10, false),
        ];
        Begin(page, ["model", .. columns.Select(column => column.Title)]);
        foreach ((string name, ScenarioMetrics metrics) in rows)
        {
            page.Raw("<tr>").Add($"<td>{name}</td>");
            foreach ((_, Func<ScenarioMetrics, double> value, bool lessIsBetter) in columns)
                Cell(page, value(metrics), lessIsBetter ? rows.Min(row => value(row.Metrics)) : rows.Max(row => value(row.Metrics)));
            page.Raw("</tr>");
        }

        End(page);
    }

    /// <summary>Who beats whom: relative difference in NDCG@10 of the row against the column, coloured where the 95 % interval leaves out 0.</summary>
    public static void Significance(Markup page, EvaluationReport report, Scenario scenario)
    {
        string[] names = [.. report.Entrants.Where(entrant => Of(entrant, scenario) is not null).Select(entrant => entrant.Name)];
        Dictionary<(string, string), PairedComparison> pairs = report.Significance[scenario.Name].ToDictionary(pair => (pair.Model, pair.Baseline));
        page.Raw("<div class=\"scroll\"><table><thead><tr><th></th>");
        foreach (string name in names)
            page.Add($"<th class=\"turned\"><span>{name}</span></th>");
        page.Raw("</tr></thead><tbody>");
        foreach (string row in names)
        {
            page.Raw("<tr>").Add($"<td>{row}</td>");
            foreach (string column in names)
                page.Raw(Cell(pairs, row, column));
            page.Raw("</tr>");
        }

        page.Raw("</tbody></table></div>");
    }

    private static string Cell(Dictionary<(string, string), PairedComparison> pairs, string row, string column)
    {
        if (row == column)
            return "<td class=\"same\">·</td>";
        bool isAsked = pairs.TryGetValue((row, column), out PairedComparison? pair);
        if (!isAsked && !pairs.TryGetValue((column, row), out pair))
            return "<td></td>";
        double difference = isAsked ? pair!.Difference : -pair!.Difference;
        // A comparison holds the share of its baseline; seen from the other side the share is of the other mean.
        double relative = isAsked ? pair.Relative : 1 / (1 + pair.Relative) - 1;
        string kind = !pair.IsSignificant ? "same" : difference > 0 ? "up" : "down";
        string text = double.IsFinite(relative) && Math.Abs(relative) < 10 ? FormattableString.Invariant($"{100 * relative:+0;−0;0} %") : difference > 0 ? "▲" : "▼";
        (double low, double high) = isAsked ? pair.Interval : (-pair.Interval.High, -pair.Interval.Low);
        string title = FormattableString.Invariant($"{row} against {column}: {difference:+0.0000;−0.0000;0} ({low:0.0000} to {high:0.0000}), p = {pair.P:0.####}");
        return $"<td class=\"{kind}\" title=\"{Markup.Escape(title)}\">{text}</td>";
    }

    public static ScenarioResult? Of(EntrantReport entrant, Scenario scenario) => entrant.Results.FirstOrDefault(result => result.Scenario == scenario);

    private static void Cell(Markup page, double? value, double best)
    {
        string text = value?.ToString("0.0000", CultureInfo.InvariantCulture) ?? "–";
        page.Add($"<td class=\"{(value is not null && text == best.ToString("0.0000", CultureInfo.InvariantCulture) ? "best" : "value")}\">{text}</td>");
    }

    private static void Begin(Markup page, IEnumerable<string> columns)
    {
        page.Raw("<div class=\"scroll\"><table><thead><tr>");
        foreach (string column in columns)
            page.Add($"<th>{column}</th>");
        page.Raw("</tr></thead><tbody>");
    }

    private static void End(Markup page) => page.Raw("</tbody></table></div>");
}
