using System.Globalization;
using System.Text;

namespace Inference.Cli.IndexBench;

/// <summary>Draws recall against queries per second as an SVG picture: up and to the right is better.</summary>
/// <remarks>
/// Queries per second are on a logarithmic axis. Recall is stretched towards 1, by its distance to 1 on a logarithmic axis, for the step from 0.98 to 0.99 costs as
/// much as that from 0.80 to 0.90. Colours change with the reader's light or dark scheme, and every line is also told apart by its dashes and its label.
/// </remarks>
internal static class RecallPlot
{
    private const int Width = 760, Height = 460, Left = 76, Right = 150, Top = 48, Bottom = 56;

    /// <summary>Recalls nearer to 1 than this are drawn there.</summary>
    private const double NearestToOne = 0.0005;

    private static readonly double[] RecallTicks = [0, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999];
    private static readonly string[] Dashes = ["none", "7 3", "2 3", "9 3 2 3", "1 2", "12 4"];

    private const string Style = """
        <style>
          .back { fill: #ffffff } .ink { fill: #1f2328 } .soft { fill: #59636e } .grid { stroke: #d1d9e0 } .line { fill: none; stroke-width: 2 } text { font: 12px system-ui, sans-serif }
          .c0 { stroke: #0969da; fill: #0969da } .c1 { stroke: #bc4c00; fill: #bc4c00 } .c2 { stroke: #1a7f37; fill: #1a7f37 } .c3 { stroke: #8250df; fill: #8250df } .c4 { stroke: #bf3989; fill: #bf3989 } .c5 { stroke: #57606a; fill: #57606a }
          .line.line { fill: none }
          .label { stroke: none }
          @media (prefers-color-scheme: dark) {
            .back { fill: #0d1117 } .ink { fill: #e6edf3 } .soft { fill: #9198a1 } .grid { stroke: #30363d }
            .c0 { stroke: #58a6ff; fill: #58a6ff } .c1 { stroke: #f0883e; fill: #f0883e } .c2 { stroke: #3fb950; fill: #3fb950 } .c3 { stroke: #bc8cff; fill: #bc8cff } .c4 { stroke: #f778ba; fill: #f778ba } .c5 { stroke: #9198a1; fill: #9198a1 }
            .label { stroke: none }
          }
        </style>
        """;

    /// <param name="title">What was searched.</param>
    /// <param name="curves">A line for each index; one of a single point is drawn as that point.</param>
    /// <returns>An SVG document.</returns>
    public static string Draw(string title, IReadOnlyList<(string Index, IReadOnlyList<CurvePoint> Points)> curves)
    {
        CurvePoint[] points = [.. curves.SelectMany(static curve => curve.Points)];
        double leastRecall = points.Length == 0 ? 0.8 : points.Min(static point => point.Recall);
        double left = RecallTicks.Last(tick => tick <= leastRecall);
        int lowest = points.Length == 0 ? 0 : (int)Math.Floor(Math.Log10(Math.Max(1, points.Min(static point => point.QueriesPerSecond))));
        int highest = points.Length == 0 ? 1 : Math.Max(lowest + 1, (int)Math.Ceiling(Math.Log10(Math.Max(1, points.Max(static point => point.QueriesPerSecond)))));

        double X(double recall) => Left + (Width - Left - Right) * (Stretch(recall) - Stretch(left)) / (Stretch(1) - Stretch(left));
        double Y(double qps) => Height - Bottom - (Height - Top - Bottom) * (Math.Log10(Math.Max(1, qps)) - lowest) / (highest - lowest);

        var svg = new StringBuilder();
        void Add(FormattableString text) => svg.Append(text.ToString(CultureInfo.InvariantCulture)).Append('\n');
        Add($"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width} {Height}\" width=\"{Width}\" height=\"{Height}\" role=\"img\" aria-label=\"{Escape(title)}\">");
        svg.Append(Style).Append('\n');
        Add($"<rect class=\"back\" width=\"{Width}\" height=\"{Height}\"/>");
        Add($"<text class=\"ink\" x=\"{Left}\" y=\"26\" font-weight=\"600\">{Escape(title)}</text>");
        foreach (double tick in RecallTicks.Where(tick => tick >= left))
        {
            Add($"<line class=\"grid\" x1=\"{X(tick):0.#}\" x2=\"{X(tick):0.#}\" y1=\"{Top}\" y2=\"{Height - Bottom}\"/>");
            Add($"<text class=\"soft\" x=\"{X(tick):0.#}\" y=\"{Height - Bottom + 18}\" text-anchor=\"middle\">{tick}</text>");
        }
        for (int decade = lowest; decade <= highest; decade++)
        {
            foreach (int step in decade == highest ? [1] : new[] { 1, 2, 5 })
            {
                double qps = step * Math.Pow(10, decade);
                Add($"<line class=\"grid\" x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{Y(qps):0.#}\" y2=\"{Y(qps):0.#}\"/>");
                Add($"<text class=\"soft\" x=\"{Left - 8}\" y=\"{Y(qps) + 4:0.#}\" text-anchor=\"end\">{qps:N0}</text>");
            }
        }
        Add($"<text class=\"soft\" x=\"{(Left + Width - Right) / 2}\" y=\"{Height - 14}\" text-anchor=\"middle\">recall</text>");
        Add($"<text class=\"soft\" x=\"16\" y=\"{Height / 2}\" text-anchor=\"middle\" transform=\"rotate(-90 16 {Height / 2})\">queries per second</text>");
        double lastLabel = double.NegativeInfinity;
        foreach (((string index, IReadOnlyList<CurvePoint> line), int i) in curves.Select(static (curve, i) => (curve, i)).Where(static at => at.curve.Points.Count > 0).OrderBy(at => Y(at.curve.Points[^1].QueriesPerSecond)))
        {
            string path = string.Join(' ', line.Select(point => FormattableString.Invariant($"{X(point.Recall):0.#},{Y(point.QueriesPerSecond):0.#}")));
            Add($"<polyline class=\"line c{i % 6}\" stroke-dasharray=\"{Dashes[i % 6]}\" points=\"{path}\"/>");
            foreach (CurvePoint point in line)
                Add($"<circle class=\"c{i % 6}\" cx=\"{X(point.Recall):0.#}\" cy=\"{Y(point.QueriesPerSecond):0.#}\" r=\"{(line.Count == 1 ? 5 : 2.5)}\"><title>{Escape(index)}: recall {point.Recall:0.0000}, {point.QueriesPerSecond:N0} queries/s, width {point.Width}</title></circle>");
            // Labels stand at the ends of their lines, and below one another where these meet.
            double label = Math.Max(Y(line[^1].QueriesPerSecond) + 4, lastLabel + 16);
            lastLabel = label;
            Add($"<text class=\"c{i % 6} label\" x=\"{Width - Right + 10}\" y=\"{label:0.#}\">{Escape(index)}</text>");
        }
        svg.Append("</svg>\n");
        return svg.ToString();
    }

    private static double Stretch(double recall) => -Math.Log10(Math.Max(NearestToOne, 1 - recall));

    private static string Escape(string text) => System.Security.SecurityElement.Escape(text);
}
