using System.Globalization;

namespace Inference.Cli.Load;

/// <summary>The rates of a run: one, a list as in "500,1000,2000", or a range as in "500:3000:500" (from, to, step).</summary>
internal static class RateSteps
{
    public const double Least = 0.1, Most = 200_000;

    private const int MostSteps = 200;

    /// <returns>The rates in their order; null when the text is none, and then <paramref name="error"/> says why.</returns>
    public static double[]? Parse(string text, out string error)
    {
        var rates = new List<double>();
        bool isRange = text.Contains(':', StringComparison.Ordinal);
        string[] parts = text.Split(isRange ? ':' : ',', StringSplitOptions.TrimEntries);
        double[] numbers = new double[parts.Length];
        for (int i = 0; i < parts.Length; i++)
        {
            if (!double.TryParse(parts[i], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out numbers[i]))
            {
                error = $"'{text}' is no rate like 1000, no list like 500,1000,2000 and no range like 500:3000:500";
                return null;
            }
        }

        if (!isRange)
            rates.AddRange(numbers);
        else if (numbers is [double from, double to, double step] && step > 0 && to >= from)
            for (int i = 0; i < MostSteps + 1 && from + i * step <= to * (1 + 1e-9); i++)
                rates.Add(from + i * step);
        else
        {
            error = $"'{text}' is no range like 500:3000:500: from, to, step";
            return null;
        }

        error = rates.Count > MostSteps ? $"'{text}' has more than {MostSteps} steps"
            : rates.Any(rate => rate is not (>= Least and <= Most)) ? FormattableString.Invariant($"rates must be {Least} to {Most}, not {text}") : "";
        return error.Length == 0 ? [.. rates] : null;
    }
}
