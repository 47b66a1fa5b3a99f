using Inference.Training.Evaluation;

namespace Inference.Cli.Evaluation.Html;

/// <summary>An evaluation as one page of XHTML that needs nothing else: charts are inline SVG, colours follow the reader's scheme, no script.</summary>
internal static class HtmlReport
{
    /// <param name="report">What was found.</param>
    /// <param name="split">Where the split came from, for people.</param>
    /// <param name="options">What was asked.</param>
    /// <param name="now">When.</param>
    public static string Write(EvaluationReport report, string split, EvaluateOptions options, DateTimeOffset now)
    {
        var page = new Markup();
        page.Raw("<!DOCTYPE html>").Raw("<html lang=\"en\" xmlns=\"http://www.w3.org/1999/xhtml\"><head><meta charset=\"utf-8\" /><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\" />");
        page.Add($"<title>Evaluation of {report.Dataset}</title>").Raw("<style>").Raw(ReportStyle.Css).Raw("</style></head><body><main>");
        Head(page, report, now);
        Legend(page, report);
        if (LearningCurve.Draw(report) is { } curve)
        {
            page.Raw("<h2>Unseen users: how fast models learn</h2>");
            page.Raw("<p class=\"soft\">NDCG@10 after 0, 1, 3, 5 and 10 events. The same later events have to be found at every point. Bands are 95 % intervals over users.</p>").Raw(curve);
        }

        foreach ((string name, string title) in ((string, string)[])[
            (Scenarios.Warm, "Training users, later"), (Scenarios.ColdOnly, "New items, among themselves"), (Scenarios.AllItems, "New items, among the whole catalogue")])
        {
            if (report.Scenarios.FirstOrDefault(scenario => scenario.Name == name) is { } scenario && ScoreBars.Draw(report, scenario) is { } bars)
                page.Add($"<h2>{title}</h2><p class=\"soft\">NDCG@10 of {scenario.Users.Count:N0} users, {scenario.Candidates.Count:N0} candidates; whiskers are 95 % intervals.</p>").Raw(bars);
        }

        page.Raw("<h2>All scenarios</h2><p class=\"soft\">NDCG@10; the best of each column is green.</p>");
        ReportTables.Overview(page, report);
        foreach (Scenario scenario in report.Scenarios)
        {
            page.Add($"<details><summary>{scenario.Name}: all metrics</summary>");
            ReportTables.Scenario(page, report, scenario);
            page.Raw("</details>");
        }

        Breadth(page, report);
        Exposure(page, report);
        Significance(page, report);
        Method(page, report, split, options);
        page.Raw("</main></body></html>");
        return page.ToString();
    }

    private static void Head(Markup page, EvaluationReport report, DateTimeOffset now)
    {
        string part = report.Part == EvaluationPart.Test ? "test" : "validation";
        page.Add($"<h1>Evaluation of {report.Dataset}</h1><p class=\"soft\">{report.Entrants.Count} models on the {part} part, {now.UtcDateTime:yyyy-MM-dd HH:mm} UTC</p>");
        page.Raw("<div class=\"tiles\">");
        Tile($"{report.TrainingUsers:N0}", "training users");
        Tile($"{report.TrainingEvents:N0}", "training events");
        Tile($"{report.CatalogueItems:N0}", "items");
        Tile($"{report.Scenarios.Where(scenario => scenario.Kind is ScenarioKind.UnseenUser or ScenarioKind.FewShots).Select(scenario => scenario.Users.Count).DefaultIfEmpty(0).Max():N0}", "unseen users");
        Tile($"{report.Elapsed.TotalSeconds:0.0} s", "took");
        page.Raw("</div>");

        void Tile(FormattableString value, string label) => page.Add($"<div class=\"tile\"><b>{FormattableString.Invariant(value)}</b><span>{label}</span></div>");
    }

    private static void Legend(Markup page, EvaluationReport report)
    {
        page.Raw("<div class=\"legend\">");
        for (int i = 0; i < report.Entrants.Count; i++)
        {
            page.Add($"<span title=\"{report.Entrants[i].Description}\"><svg viewBox=\"0 0 28 10\"><path d=\"M0 5H28\" stroke=\"{ReportStyle.Colour(i)}\" stroke-width=\"3\" stroke-dasharray=\"{ReportStyle.Dash(i)}\" /></svg>{report.Entrants[i].Name}</span>");
        }

        page.Raw("</div>");
    }

    private static void Breadth(Markup page, EvaluationReport report)
    {
        page.Raw("<h2>Coverage, novelty, diversity</h2><p class=\"soft\">Coverage: share of the candidates that anybody is shown. Novelty: how rare shown items are among training users. Diversity: 1 − cosine of content within a slate. Gini: 0 when all items are shown alike.</p>");
        foreach (Scenario scenario in report.Scenarios.Where(scenario => scenario.Name is "few_5" or Scenarios.Warm).DefaultIfEmpty(report.Scenarios[0]))
        {
            page.Add($"<h3>{scenario.Name}</h3>");
            ReportTables.Breadth(page, report, scenario);
        }
    }

    private static void Exposure(Markup page, EvaluationReport report)
    {
        if (report.Exposure.Count == 0)
            return;
        page.Raw("<h2>Who is shown</h2><p class=\"soft\">Share of the places in first tens by group of items, beside the catalogue and what users went on to touch. Gini of exposure per item: 0 when all groups are shown as often as they are large.</p>");
        foreach (Scenario scenario in report.Scenarios.Where(scenario => scenario.Name is "few_5" or Scenarios.Warm or Scenarios.AllItems).DefaultIfEmpty(report.Scenarios[0]))
        {
            foreach (IGrouping<string, ExposureReport> grouping in report.Exposure.Where(one => one.Scenario == scenario.Name).GroupBy(one => one.Grouping))
                page.Add($"<h3>{scenario.Name}, by {grouping.Key}</h3>").Raw(ExposureBars.Draw([.. grouping]));
        }
    }

    private static void Significance(Markup page, EvaluationReport report)
    {
        if (report.Entrants.Count < 2)
            return;
        page.Raw("<h2>Who beats whom</h2><p class=\"soft\">NDCG@10 of the row against the column, relative. Green: better, red: worse, with a paired bootstrap over users (5,000 resamples) whose 95 % interval leaves out 0. Grey may be luck.</p>");
        bool isFirst = true;
        foreach (Scenario scenario in report.Scenarios)
        {
            page.Raw(isFirst ? "<details open=\"open\">" : "<details>").Add($"<summary>{scenario.Name}</summary>");
            ReportTables.Significance(page, report, scenario);
            page.Raw("</details>");
            isFirst = false;
        }
    }

    private static void Method(Markup page, EvaluationReport report, string split, EvaluateOptions options)
    {
        page.Raw("<h2>How it was measured</h2>");
        page.Add($"<pre>{options.CommandLine}</pre>");
        page.Add($"<p>Split: {split}. Seed {report.Seed}. Every candidate is ranked, none is sampled; equal scores by item index. Hyper-parameters are chosen on the validation part, unless they were given. Fitting is on training events alone.</p>");
        foreach ((string name, string reason) in report.LeftOut)
            page.Add($"<p>Left out: {name}, for {reason}.</p>");
        foreach (Scenario scenario in report.Scenarios.Where(scenario => scenario.Skipped > 0))
            page.Add($"<p>{scenario.Name}: {scenario.Skipped:N0} users without targets were left out.</p>");
        page.Raw("<h3>Models</h3><div class=\"scroll\"><table><tbody>");
        foreach (EntrantReport entrant in report.Entrants)
            page.Add($"<tr><td>{entrant.Name}</td><td style=\"text-align:left\">{entrant.Description}</td><td style=\"text-align:left\"><code>{entrant.Hyperparameters?.ToJsonString() ?? ""}</code></td></tr>");
        page.Raw("</tbody></table></div>");
    }
}
