using Inference.Training.Evaluation;

namespace Inference.Cli.Evaluation.Html;

/// <summary>Draws which groups of items fill the first tens of each model, beside what the catalogue consists of and what users went on to touch.</summary>
internal static class ExposureBars
{
    private const int Width = 900, Left = 240, Right = 70, Row = 28, Top = 26;

    /// <param name="reports">Of one scenario and grouping, a model each.</param>
    /// <returns>Markup with its legend.</returns>
    public static string Draw(IReadOnlyList<ExposureReport> reports)
    {
        IReadOnlyList<GroupExposure> groups = reports[0].Groups;
        (string Name, double[] Shares, string Gini)[] rows =
        [
            ("catalogue", Shares(groups, group => group.Catalogue), ""),
            ("targets", Shares(groups, group => group.Targets), ""),
            .. reports.Select(report => (report.Model, Shares(report.Groups, group => group.Exposure), FormattableString.Invariant($"{report.Gini:0.00}"))),
        ];
        int height = Top + rows.Length * Row + 12;
        var svg = new Markup();
        svg.Raw("<div class=\"legend\">");
        for (int i = 0; i < groups.Count; i++)
            svg.Add($"<span><svg viewBox=\"0 0 28 10\"><rect width=\"28\" height=\"10\" rx=\"2\" fill=\"{Fill(groups, i)}\" /></svg>{groups[i].Group}</span>");
        svg.Raw("</div>");
        svg.Add($"<svg class=\"chart\" xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width} {height}\" role=\"img\" aria-label=\"Exposure by {reports[0].Grouping} in {reports[0].Scenario}\">");
        svg.Add($"<text class=\"soft\" x=\"{Width - Right + 12}\" y=\"16\">Gini</text>");
        for (int row = 0; row < rows.Length; row++)
        {
            int y = Top + row * Row + (row >= 2 ? 8 : 0);
            svg.Add($"<text class=\"{(row < 2 ? "soft" : "model")}\" x=\"{Left - 10}\" y=\"{y + 17}\" text-anchor=\"end\">{rows[row].Name}</text>");
            double x = Left;
            for (int i = 0; i < groups.Count; i++)
            {
                double width = (Width - Left - Right) * rows[row].Shares[i];
                svg.Add($"<rect x=\"{x:0.##}\" y=\"{y + 3}\" width=\"{width:0.##}\" height=\"{Row - 8}\" fill=\"{Fill(groups, i)}\" stroke=\"var(--back)\" stroke-width=\"0.5\"><title>{rows[row].Name}, {groups[i].Group}: {100 * rows[row].Shares[i]:0.0} %</title></rect>");
                x += width;
            }

            svg.Add($"<text class=\"soft\" x=\"{Width - Right + 12}\" y=\"{y + 17}\">{rows[row].Gini}</text>");
        }

        svg.Raw("</svg>");
        return svg.ToString();
    }

    /// <summary>Shares that add up to 1, also where items are in several groups.</summary>
    private static double[] Shares(IReadOnlyList<GroupExposure> groups, Func<GroupExposure, double> share)
    {
        double all = groups.Sum(share);
        return [.. groups.Select(group => all > 0 ? share(group) / all : 0)];
    }

    /// <summary>From a strong to a faint blue in the order of the groups; cold items, which stand apart, in orange.</summary>
    private static string Fill(IReadOnlyList<GroupExposure> groups, int group)
    {
        if (groups[group].Group == ItemGrouping.ColdItems)
            return "var(--c1)";
        int strength = groups.Count < 2 ? 100 : 100 - 85 * group / (groups.Count - 1);
        return FormattableString.Invariant($"color-mix(in srgb, var(--c0) {strength}%, var(--card))");
    }
}
