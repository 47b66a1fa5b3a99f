using Inference.Cli.Evaluation.Html;
using Inference.Training.Evaluation;

namespace Inference.Cli.Simulation;

/// <summary>A simulation as one page of XHTML that needs nothing else, with learning curves as inline SVG.</summary>
internal static class SimulationPage
{
    /// <param name="report">What was found.</param>
    /// <param name="now">When.</param>
    public static string Write(SimulationReport report, DateTimeOffset now)
    {
        int[] pages = [.. Enumerable.Range(0, report.Options.Pages)];
        var page = new Markup();
        page.Raw("<!DOCTYPE html>").Raw("<html lang=\"en\" xmlns=\"http://www.w3.org/1999/xhtml\"><head><meta charset=\"utf-8\" /><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\" />");
        page.Add($"<title>Simulation of {report.Model}</title>").Raw("<style>").Raw(ReportStyle.Css).Raw("</style></head><body><main>");
        page.Add($"<h1>Simulated sessions with {report.Model}</h1><p class=\"soft\">{report.Options.Sessions:N0} sessions of unseen users for every policy, {report.Options.Pages} pages of {report.Options.PageLength} items, seed {report.Options.Seed}, {now.UtcDateTime:yyyy-MM-dd HH:mm} UTC</p>");
        page.Raw("<h2>Clicks by page</h2><p class=\"soft\">Expected clicks of a session on each page, given what was shown and the truth of the world.</p>");
        page.Raw(PageCurves.Draw("Expected clicks by page", [.. report.Tallies.Select(tally => new PageCurve(tally.Name, [.. pages.Select(tally.ExpectedOn)]))]));
        page.Raw("<h2>Regret</h2><p class=\"soft\">What a policy that knows the truth would have earned more, added up over the pages.</p>");
        page.Raw(PageCurves.Draw("Regret, added up by page", [.. report.Tallies.Select(tally => new PageCurve(tally.Name, PageCurves.SumsOf(pages.Select(number => report.RegretOn(tally, number)))))]));
        page.Raw("<h2>All policies</h2><div class=\"scroll\"><table><thead><tr><th>policy</th><th>page 1</th><th>session</th><th>expected</th><th>against popularity</th><th>95 %</th><th>regret per page</th><th>propensity</th><th>new items shown</th></tr></thead><tbody>");
        for (int i = 0; i < report.Tallies.Count; i++)
        {
            PolicyTally tally = report.Tallies[i];
            PairedRatio ratio = report.Ratios[i];
            string kind = ratio.Low > 0 ? "up" : ratio.High < 0 ? "down" : "same";
            page.Raw("<tr>").Add($"<td>{tally.Name}</td><td>{tally.ClicksOn(0):0.000}</td><td>{tally.Clicks:0.000}</td><td>{tally.Expected:0.000}</td><td class=\"{kind}\">{100 * ratio.Lift:+0.0;−0.0;0.0} %</td>");
            page.Add($"<td class=\"same\">{100 * ratio.Low:+0.0;−0.0;0.0} to {100 * ratio.High:+0.0;−0.0;0.0}</td><td>{report.RegretPerPage(tally):0.000}</td>");
            page.Add($"<td>{(tally.Drawn == 0 ? "" : FormattableString.Invariant($"{tally.MeanPropensity:0.000}"))}</td><td>{(tally.NewItemsShown == 0 ? "" : FormattableString.Invariant($"{tally.NewItemsShown} of {report.NewItems}"))}</td>").Raw("</tr>");
        }

        page.Raw("</tbody></table></div>");
        page.Raw("<h2>How it was measured</h2><p>Each item that is looked at is clicked with the probability 1 − exp(−A · P(item | user)), with P from the truth of the world. All policies met the same users and the same chance; intervals are a paired bootstrap over sessions. Clicks and skips were recorded before the next page was asked for.</p>");
        page.Add($"<p>A = {report.Options.Appetite:0.###}, position bias {report.Options.PositionBias:0.###}.</p>");
        page.Raw("</main></body></html>");
        return page.ToString();
    }
}
