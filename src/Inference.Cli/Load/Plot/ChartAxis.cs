using System.Globalization;

namespace Inference.Cli.Load.Plot;

/// <summary>An axis: where values lie on it, and where its ticks are.</summary>
internal sealed class ChartAxis
{
    private readonly Func<double, double> _stretch;
    private readonly double _low;
    private readonly double _high;

    private ChartAxis(string title, double low, double high, Func<double, double> stretch, IReadOnlyList<(double Value, string Label)> ticks)
    {
        Title = title;
        _stretch = stretch;
        _low = stretch(low);
        _high = Math.Max(stretch(high), _low + 1e-9);
        Ticks = ticks;
    }

    public string Title { get; }

    public IReadOnlyList<(double Value, string Label)> Ticks { get; }

    /// <summary>Equal steps from 0 to a round number that is not below the highest value.</summary>
    public static ChartAxis Linear(string title, IEnumerable<double> values)
    {
        double most = Math.Max(1e-6, values.DefaultIfEmpty(1).Max());
        double step = RoundUp(most / 6);
        int steps = (int)Math.Ceiling(most / step - 1e-9);
        return new ChartAxis(title, 0, steps * step, value => value, [.. Enumerable.Range(0, steps + 1).Select(i => (i * step, Label(i * step)))]);
    }

    /// <summary>Equal ratios between round numbers around the values; none may be 0.</summary>
    public static ChartAxis Logarithmic(string title, IReadOnlyCollection<double> values)
    {
        double least = values.DefaultIfEmpty(1).Min(), most = values.DefaultIfEmpty(10).Max();
        var ticks = new List<(double, string)>();
        for (int decade = (int)Math.Floor(Math.Log10(least)); decade <= Math.Ceiling(Math.Log10(most)); decade++)
        {
            foreach (int factor in new[] { 1, 2, 5 })
            {
                double tick = factor * Math.Pow(10, decade);
                if (tick >= least / 2.5 && tick <= most * 2.5)
                    ticks.Add((tick, Label(tick)));
            }
        }

        double low = ticks.Select(tick => tick.Item1).LastOrDefault(tick => tick <= least, least), high = ticks.Select(tick => tick.Item1).FirstOrDefault(tick => tick >= most, most);
        return new ChartAxis(title, low, high, Math.Log10, [.. ticks.Where(tick => tick.Item1 >= low && tick.Item1 <= high)]);
    }

    /// <summary>Percentiles, by their distance to 100 on a logarithmic scale. Values are shares in [0, 1).</summary>
    public static ChartAxis Percentiles(string title, double highest)
    {
        (double, string)[] ticks = [(0, "0"), (0.5, "50 %"), (0.9, "90 %"), (0.99, "99 %"), (0.999, "99.9 %"), (0.9999, "99.99 %"), (0.99999, "99.999 %"), (0.999999, "99.9999 %")];
        return new ChartAxis(title, 0, highest, share => -Math.Log10(1 - Math.Min(share, 0.9999999)), [.. ticks.Where(tick => tick.Item1 <= highest)]);
    }

    /// <summary>Where a value lies: 0 at the low end, 1 at the high end.</summary>
    public double Place(double value) => Math.Clamp((_stretch(value) - _low) / (_high - _low), 0, 1);

    /// <summary>1, 2 or 5 times a power of ten, not below the number.</summary>
    private static double RoundUp(double number)
    {
        double power = Math.Pow(10, Math.Floor(Math.Log10(number)));
        return new[] { 1.0, 2, 5, 10 }.First(factor => factor * power >= number * (1 - 1e-9)) * power;
    }

    private static string Label(double value) => value.ToString(value >= 1000 ? "N0" : "0.####", CultureInfo.InvariantCulture);
}
