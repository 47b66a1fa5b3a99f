using System.Globalization;

namespace Inference.Cli.Evaluation.Html;

/// <summary>One line of <see cref="PageCurves"/>.</summary>
/// <param name="Name">As the legend calls it.</param>
/// <param name="Values">One value per page.</param>
internal sealed record PageCurve(string Name, IReadOnlyList<double> Values);

/// <summary>Draws lines over the pages of sessions.</summary>
internal static class PageCurves
{
    private const int Width = 900, Height = 420, Left = 56, Right = 20, Top = 16, Bottom = 48;

    /// <summary>A chart with its legend.</summary>
    /// <param name="label">What is drawn, for those who cannot see it.</param>
    /// <param name="curves">The lines; all of one length.</param>
    public static string Draw(string label, IReadOnlyList<PageCurve> curves)
    {
        int pages = curves.Max(curve => curve.Values.Count);
        var axis = LearningCurve.Axis.To(curves.SelectMany(curve => curve.Values).DefaultIfEmpty(0).Max());
        double X(int page) => Left + 24 + ((Width - Left - Right - 48) * (pages < 2 ? 0.5 : page / (pages - 1.0)));
        double Y(double value) => Height - Bottom - ((Height - Top - Bottom) * value / axis.End);

        var svg = new Markup();
        Legend(svg, curves);
        svg.Add($"<svg class=\"chart\" xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width} {Height}\" role=\"img\" aria-label=\"{label}\">");
        foreach (double tick in axis.Ticks)
        {
            svg.Add($"<line class=\"grid\" x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{Y(tick):0.#}\" y2=\"{Y(tick):0.#}\" />");
            svg.Add($"<text class=\"soft\" x=\"{Left - 8}\" y=\"{Y(tick) + 4:0.#}\" text-anchor=\"end\">{axis.Label(tick)}</text>");
        }

        for (int page = 0; page < pages; page++)
            svg.Add($"<text class=\"soft\" x=\"{X(page):0.#}\" y=\"{Height - Bottom + 20}\" text-anchor=\"middle\">{page + 1}</text>");
        svg.Add($"<text class=\"soft\" x=\"{(Left + Width - Right) / 2}\" y=\"{Height - 6}\" text-anchor=\"middle\">page</text>");
        for (int i = 0; i < curves.Count; i++)
        {
            string path = string.Join(' ', curves[i].Values.Select((value, page) => string.Create(CultureInfo.InvariantCulture, $"{X(page):0.#},{Y(value):0.#}")));
            svg.Add($"<polyline points=\"{path}\" fill=\"none\" stroke=\"{ReportStyle.Colour(i)}\" stroke-width=\"2\" stroke-dasharray=\"{ReportStyle.Dash(i)}\" stroke-linejoin=\"round\" />");
            for (int page = 0; page < curves[i].Values.Count; page++)
                svg.Add($"<circle cx=\"{X(page):0.#}\" cy=\"{Y(curves[i].Values[page]):0.#}\" r=\"3.5\" fill=\"{ReportStyle.Colour(i)}\"><title>{curves[i].Name}, page {page + 1}: {curves[i].Values[page]:0.000}</title></circle>");
        }

        svg.Raw("</svg>");
        return svg.ToString();
    }

    private static void Legend(Markup page, IReadOnlyList<PageCurve> curves)
    {
        page.Raw("<div class=\"legend\">");
        for (int i = 0; i < curves.Count; i++)
            page.Add($"<span><svg viewBox=\"0 0 28 10\"><path d=\"M0 5H28\" stroke=\"{ReportStyle.Colour(i)}\" stroke-width=\"3\" stroke-dasharray=\"{ReportStyle.Dash(i)}\" /></svg>{curves[i].Name}</span>");
        page.Raw("</div>");
    }

    /// <summary>Values added up page by page.</summary>
    public static double[] SumsOf(IEnumerable<double> values)
    {
        double sum = 0;
        return [.. values.Select(value => sum += value)];
    }
}
