using Inference.Cli.Evaluation.Html;

namespace Inference.Cli.Load.Plot;

/// <summary>
/// Draws lines as an SVG picture, which every browser shows without anything else. Colours change with the reader's light or dark scheme, and every line is also told apart by its dashes and its label.
/// </summary>
internal static class LineChart
{
    private const int Width = 760, Height = 420, Left = 76, Right = 170, Top = 48, Bottom = 56;

    private static readonly string[] Dashes = ["none", "7 3", "2 3", "9 3 2 3", "1 2", "12 4"];

    private const string Style = """
        <style>
          .back { fill: #ffffff } .ink { fill: #1f2328 } .soft { fill: #59636e } .grid { stroke: #d1d9e0 } text { font: 12px system-ui, sans-serif }
          .c0 { stroke: #0969da; fill: #0969da } .c1 { stroke: #bc4c00; fill: #bc4c00 } .c2 { stroke: #1a7f37; fill: #1a7f37 } .c3 { stroke: #8250df; fill: #8250df } .c4 { stroke: #bf3989; fill: #bf3989 } .c5 { stroke: #57606a; fill: #57606a }
          .line { fill: none; stroke-width: 2 } .label { stroke: none }
          @media (prefers-color-scheme: dark) {
            .back { fill: #0d1117 } .ink { fill: #e6edf3 } .soft { fill: #9198a1 } .grid { stroke: #30363d }
            .c0 { stroke: #58a6ff; fill: #58a6ff } .c1 { stroke: #f0883e; fill: #f0883e } .c2 { stroke: #3fb950; fill: #3fb950 } .c3 { stroke: #bc8cff; fill: #bc8cff } .c4 { stroke: #f778ba; fill: #f778ba } .c5 { stroke: #9198a1; fill: #9198a1 }
            .line { fill: none } .label { stroke: none }
          }
        </style>
        """;

    /// <returns>An SVG document.</returns>
    public static string Draw(string title, ChartAxis across, ChartAxis up, IReadOnlyList<ChartLine> lines)
    {
        double X(double value) => Left + (Width - Left - Right) * across.Place(value);
        double Y(double value) => Height - Bottom - (Height - Top - Bottom) * up.Place(value);

        var svg = new Markup();
        svg.Add($"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width} {Height}\" width=\"{Width}\" height=\"{Height}\" role=\"img\" aria-label=\"{title}\">");
        svg.Raw(Style);
        svg.Add($"<rect class=\"back\" width=\"{Width}\" height=\"{Height}\"/>");
        svg.Add($"<text class=\"ink\" x=\"{Left}\" y=\"26\" font-weight=\"600\">{title}</text>");
        foreach ((double value, string label) in across.Ticks)
        {
            svg.Add($"<line class=\"grid\" x1=\"{X(value):0.#}\" x2=\"{X(value):0.#}\" y1=\"{Top}\" y2=\"{Height - Bottom}\"/>");
            svg.Add($"<text class=\"soft\" x=\"{X(value):0.#}\" y=\"{Height - Bottom + 18}\" text-anchor=\"middle\">{label}</text>");
        }

        foreach ((double value, string label) in up.Ticks)
        {
            svg.Add($"<line class=\"grid\" x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{Y(value):0.#}\" y2=\"{Y(value):0.#}\"/>");
            svg.Add($"<text class=\"soft\" x=\"{Left - 8}\" y=\"{Y(value) + 4:0.#}\" text-anchor=\"end\">{label}</text>");
        }

        svg.Add($"<text class=\"soft\" x=\"{(Left + Width - Right) / 2}\" y=\"{Height - 14}\" text-anchor=\"middle\">{across.Title}</text>");
        svg.Add($"<text class=\"soft\" x=\"16\" y=\"{Height / 2}\" text-anchor=\"middle\" transform=\"rotate(-90 16 {Height / 2})\">{up.Title}</text>");
        double lastLabel = double.NegativeInfinity;
        foreach ((ChartLine line, int i) in lines.Select(static (line, i) => (line, i)).Where(static at => at.line.Points.Count > 0).OrderBy(at => Y(at.line.Points[^1].Y)))
        {
            string path = string.Join(' ', line.Points.Select(point => FormattableString.Invariant($"{X(point.X):0.#},{Y(point.Y):0.#}")));
            svg.Add($"<polyline class=\"c{i % 6} line\" stroke-dasharray=\"{Dashes[i % 6]}\" points=\"{path}\"/>");
            foreach ((double x, double y) in line.Points.Count <= 40 ? line.Points : [])
                svg.Add($"<circle class=\"c{i % 6}\" cx=\"{X(x):0.#}\" cy=\"{Y(y):0.#}\" r=\"2.5\"><title>{line.Name}: {x:0.####}, {y:0.####}</title></circle>");
            // Labels stand at the ends of their lines, and below one another where these meet.
            double label = Math.Max(Y(line.Points[^1].Y) + 4, lastLabel + 16);
            lastLabel = label;
            svg.Add($"<text class=\"c{i % 6} label\" x=\"{Width - Right + 10}\" y=\"{label:0.#}\">{line.Name}</text>");
        }

        return svg.Raw("</svg>").ToString();
    }
}
