using Inference.Training.Evaluation;

namespace Inference.Cli.Evaluation.Html;

/// <summary>Draws NDCG@10 of one scenario as bars, best first; whiskers are 95 % intervals.</summary>
internal static class ScoreBars
{
    private const int Width = 900, Left = 240, Right = 90, Row = 30, Top = 8, Bottom = 28;

    /// <returns>Markup; null where nothing was judged.</returns>
    public static string? Draw(EvaluationReport report, Scenario scenario)
    {
        (string Name, int Model, ScenarioMetrics Metrics)[] bars =
        [
            .. report.Entrants.SelectMany((entrant, model) => entrant.Results.Where(result => result.Scenario == scenario).Select(result => (entrant.Name, model, result.Metrics)))
                .OrderByDescending(bar => bar.Metrics.Ndcg10),
        ];
        if (bars.Length == 0)
            return null;
        var axis = LearningCurve.Axis.To(bars.Max(bar => bar.Metrics.Ndcg10Interval.High));
        int height = Top + bars.Length * Row + Bottom;
        double X(double value) => Left + (Width - Left - Right) * value / axis.End;

        var svg = new Markup();
        svg.Add($"<svg class=\"chart\" xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width} {height}\" role=\"img\" aria-label=\"NDCG@10 in {scenario.Name}\">");
        foreach (double tick in axis.Ticks)
        {
            svg.Add($"<line class=\"grid\" x1=\"{X(tick):0.#}\" x2=\"{X(tick):0.#}\" y1=\"{Top}\" y2=\"{height - Bottom}\" />");
            svg.Add($"<text class=\"soft\" x=\"{X(tick):0.#}\" y=\"{height - 8}\" text-anchor=\"middle\">{axis.Label(tick)}</text>");
        }

        for (int i = 0; i < bars.Length; i++)
        {
            (string name, int model, ScenarioMetrics metrics) = bars[i];
            int y = Top + i * Row;
            (double low, double high) = metrics.Ndcg10Interval;
            svg.Add($"<text x=\"{Left - 10}\" y=\"{y + 19}\" text-anchor=\"end\">{name}</text>");
            svg.Add($"<rect x=\"{Left}\" y=\"{y + 6}\" width=\"{Math.Max(0, X(metrics.Ndcg10) - Left):0.#}\" height=\"{Row - 12}\" rx=\"2\" fill=\"{ReportStyle.Colour(model)}\" fill-opacity=\"0.75\"><title>{name}: {metrics.Ndcg10:0.0000} ({low:0.0000} to {high:0.0000})</title></rect>");
            svg.Add($"<path d=\"M{X(low):0.#} {y + 15}H{X(high):0.#}M{X(low):0.#} {y + 11}v8M{X(high):0.#} {y + 11}v8\" stroke=\"var(--ink)\" fill=\"none\" />");
            svg.Add($"<text x=\"{X(high) + 8:0.#}\" y=\"{y + 19}\">{metrics.Ndcg10:0.0000}</text>");
        }

        svg.Raw("</svg>");
        return svg.ToString();
    }
}
