using Inference.Training.Evaluation.Sessions;

namespace Inference.Cli.Evaluation.Html;

/// <summary>Simulated sessions as one page of XHTML that needs nothing else, with learning curves as inline SVG.</summary>
internal static class SessionPage
{
    /// <param name="report">What was found.</param>
    /// <param name="dataset">Name of the data set.</param>
    /// <param name="options">What was asked.</param>
    /// <param name="now">When.</param>
    public static string Write(SessionReport report, string dataset, EvaluateOptions options, DateTimeOffset now)
    {
        var page = new Markup();
        page.Raw("<!DOCTYPE html>").Raw("<html lang=\"en\" xmlns=\"http://www.w3.org/1999/xhtml\"><head><meta charset=\"utf-8\" /><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\" />");
        page.Add($"<title>Sessions of {dataset}</title>").Raw("<style>").Raw(ReportStyle.Css).Raw("</style></head><body><main>");
        page.Add($"<h1>Sessions of unseen users of {dataset}</h1><p class=\"soft\">{now.UtcDateTime:yyyy-MM-dd HH:mm} UTC</p>");
        Policies(page, report);
        NewItems(page, report);
        page.Add($"<h2>How it was measured</h2><pre>{options.CommandLine}</pre>").Raw("</main></body></html>");
        return page.ToString();
    }

    private static void Policies(Markup page, SessionReport report)
    {
        int pages = report.Options.Pages;
        page.Add($"<h2>Clicks</h2><p class=\"soft\">Mean clicks of {report.Users:N0} users, added up page by page. {SessionJson.Protocol(report)}.</p>");
        page.Raw(PageCurves.Draw("Clicks by page, added up", [.. report.Policies.Select(score => new PageCurve(score.Result.Policy.Name, PageCurves.SumsOf(Enumerable.Range(0, pages).Select(score.Result.HitsOn))))]));
        page.Raw("<div class=\"scroll\"><table><thead><tr>");
        foreach (string column in (string[])["policy", "page 1", $"{SessionJson.SomePages} pages", FormattableString.Invariant($"{pages} pages"), "against popularity", "95 %", "regret"])
            page.Add($"<th>{column}</th>");
        page.Raw("</tr></thead><tbody>");
        foreach (SessionScore score in report.Policies)
        {
            SessionResult result = score.Result;
            string kind = score.Hits.Low > 0 ? "up" : score.Hits.High < 0 ? "down" : "same";
            page.Raw("<tr>").Add($"<td title=\"{result.Policy.Description}\">{result.Policy.Name}</td><td>{result.HitsOn(0):0.000}</td><td>{result.HitsUntil(SessionJson.SomePages):0.000}</td><td>{result.HitsUntil(pages):0.000}</td>");
            page.Add($"<td class=\"{kind}\">{100 * score.Hits.Lift:+0.0;−0.0;0.0} %</td><td class=\"same\">{100 * score.Hits.Low:+0.0;−0.0;0.0} to {100 * score.Hits.High:+0.0;−0.0;0.0}</td><td>{result.Regret:0.000}</td>").Raw("</tr>");
        }

        page.Raw("</tbody></table></div>");
    }

    private static void NewItems(Markup page, SessionReport report)
    {
        if (report.NewItems.Count == 0)
            return;
        page.Add($"<h2>A slot for new items</h2><p class=\"soft\">One slot in each of {report.NewItems[0].Visits:N0} visits. With floor, items leave the pool when they were shown often enough, and no slot is kept when it is empty; with floor first, those that were shown less often come first.</p>");
        page.Raw("<div class=\"scroll\"><table><thead><tr><th>rule</th><th>shown</th><th>click rate</th><th>second half</th><th>5 times or more</th><th>past the floor</th><th>least shown</th></tr></thead><tbody>");
        foreach (NewItemResult result in report.NewItems)
            page.Add($"<tr><td>{result.Name}</td><td>{result.Shown:N0}</td><td>{result.ClickRate:0.0000}</td><td>{result.ClickRateLate:0.0000}</td><td>{100 * result.ShareOfFive:0} %</td><td>{100 * result.ShareOfFloor:0} %</td><td>{result.LeastShown:0.0}</td></tr>");
        page.Raw("</tbody></table></div>");
    }
}
