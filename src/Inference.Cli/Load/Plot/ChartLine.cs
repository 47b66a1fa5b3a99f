namespace Inference.Cli.Load.Plot;

/// <summary>One line of a chart.</summary>
/// <param name="Name">Its label.</param>
/// <param name="Points">Its points, by ascending x.</param>
internal sealed record ChartLine(string Name, IReadOnlyList<(double X, double Y)> Points);
