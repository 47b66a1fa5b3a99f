using System.Globalization;
using Inference.Training.Evaluation;
using Inference.Training.Splits;

namespace Inference.Cli.Evaluation.Html;

/// <summary>Draws NDCG@10 over the number of events that are known of an unseen user; bands are 95 % intervals.</summary>
internal static class LearningCurve
{
    private const int Width = 900, Height = 420, Left = 56, Right = 20, Top = 16, Bottom = 48;

    private readonly record struct Point(double X, double Value, double Low, double High, int Shots);

    /// <returns>Markup; null where no unseen users were judged.</returns>
    public static string? Draw(EvaluationReport report)
    {
        int[] shots = [.. FewShotUsers.Shots.Where(n => report.Scenarios.Any(scenario => scenario.Name == Scenarios.NameOfShots(n)))];
        if (shots.Length == 0)
            return null;
        (string Name, Point[] Points)[] lines = [.. report.Entrants.Select(entrant => (entrant.Name, PointsOf(entrant, shots)))];
        double highest = lines.SelectMany(line => line.Points).Select(point => point.High).DefaultIfEmpty(0).Max();
        var axis = Axis.To(highest);
        double Y(double value) => Height - Bottom - (Height - Top - Bottom) * value / axis.End;

        var svg = new Markup();
        svg.Add($"<svg class=\"chart\" xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width} {Height}\" role=\"img\" aria-label=\"NDCG@10 by the number of known events\">");
        foreach (double tick in axis.Ticks)
        {
            svg.Add($"<line class=\"grid\" x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{Y(tick):0.#}\" y2=\"{Y(tick):0.#}\" />");
            svg.Add($"<text class=\"soft\" x=\"{Left - 8}\" y=\"{Y(tick) + 4:0.#}\" text-anchor=\"end\">{axis.Label(tick)}</text>");
        }

        foreach (int n in shots)
            svg.Add($"<text class=\"soft\" x=\"{X(n, shots):0.#}\" y=\"{Height - Bottom + 20}\" text-anchor=\"middle\">{n}</text>");
        svg.Add($"<text class=\"soft\" x=\"{(Left + Width - Right) / 2}\" y=\"{Height - 6}\" text-anchor=\"middle\">events known of the user</text>");
        for (int i = 0; i < lines.Length; i++)
            Band(svg, lines[i].Points, i, Y);
        for (int i = 0; i < lines.Length; i++)
            Line(svg, lines[i].Name, lines[i].Points, i, Y);
        svg.Raw("</svg>");
        return svg.ToString();
    }

    private static void Band(Markup svg, Point[] points, int model, Func<double, double> y)
    {
        if (points.Length < 2)
            return;
        string upper = string.Join(' ', points.Select(point => FormattableString.Invariant($"{point.X:0.#},{y(point.High):0.#}")));
        string lower = string.Join(' ', points.Reverse().Select(point => FormattableString.Invariant($"{point.X:0.#},{y(point.Low):0.#}")));
        svg.Add($"<polygon points=\"{upper} {lower}\" fill=\"{ReportStyle.Colour(model)}\" fill-opacity=\"0.07\" />");
    }

    private static void Line(Markup svg, string name, Point[] points, int model, Func<double, double> y)
    {
        string path = string.Join(' ', points.Select(point => FormattableString.Invariant($"{point.X:0.#},{y(point.Value):0.#}")));
        svg.Add($"<polyline points=\"{path}\" fill=\"none\" stroke=\"{ReportStyle.Colour(model)}\" stroke-width=\"2\" stroke-dasharray=\"{ReportStyle.Dash(model)}\" stroke-linejoin=\"round\" />");
        foreach (Point point in points)
        {
            svg.Add($"<circle cx=\"{point.X:0.#}\" cy=\"{y(point.Value):0.#}\" r=\"3.5\" fill=\"{ReportStyle.Colour(model)}\"><title>{name}, {point.Shots} events: {point.Value:0.0000} ({point.Low:0.0000} to {point.High:0.0000})</title></circle>");
        }
    }

    private static Point[] PointsOf(EntrantReport entrant, int[] shots)
    {
        var points = new List<Point>();
        foreach (int n in shots)
        {
            if (entrant.Results.FirstOrDefault(result => result.Scenario.Name == Scenarios.NameOfShots(n)) is { } result)
                points.Add(new Point(X(n, shots), result.Metrics.Ndcg10, result.Metrics.Ndcg10Interval.Low, result.Metrics.Ndcg10Interval.High, n));
        }

        return [.. points];
    }

    /// <summary>Square roots spread the first events, where most happens.</summary>
    private static double X(int shots, int[] all) => all[^1] == 0 ? Left : Left + 24 + (Width - Left - Right - 48) * Math.Sqrt(shots / (double)all[^1]);

    /// <summary>An axis from 0 with round steps.</summary>
    internal readonly record struct Axis(double Step, int Steps)
    {
        public double End => Step * Steps;

        public IEnumerable<double> Ticks
        {
            get
            {
                for (int i = 0; i <= Steps; i++)
                    yield return Step * i;
            }
        }

        public static Axis To(double highest)
        {
            if (!(highest > 0))
                return new Axis(0.01, 1);
            double size = Math.Pow(10, Math.Floor(Math.Log10(highest / 4)));
            double step = ((double[])[1, 2, 2.5, 5, 10]).First(factor => highest / (factor * size) <= 6) * size;
            return new Axis(step, (int)Math.Ceiling(highest / step - 1e-9));
        }

        public string Label(double tick) => tick.ToString("0.####", CultureInfo.InvariantCulture);
    }
}
