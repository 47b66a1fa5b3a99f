using System.Collections.Concurrent;

namespace Inference.Recommendations.Exploration;

/// <summary>Tables that were made, by their parameters to about 2 %, so that the same few are used again. Bounded; safe for concurrent use.</summary>
internal sealed class LogitBetas
{
    private const int Most = 4_096;
    private const double StepsPerE = 50;
    private readonly ConcurrentDictionary<(int A, int B), LogitBeta> _made = new();

    /// <summary>The table of Beta(a, b), both above 0 and rounded to steps of 2 %.</summary>
    public LogitBeta Of(double a, double b)
    {
        (int, int) key = (Round(a), Round(b));
        if (_made.TryGetValue(key, out LogitBeta? found))
            return found;
        if (_made.Count >= Most)
            _made.Clear();
        return _made.GetOrAdd(key, static key => new LogitBeta(Math.Exp(key.A / StepsPerE), Math.Exp(key.B / StepsPerE)));
    }

    private static int Round(double parameter) => (int)Math.Round(Math.Log(Math.Clamp(parameter, 1e-4, 1e9)) * StepsPerE);
}
