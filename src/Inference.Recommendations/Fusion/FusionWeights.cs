namespace Inference.Recommendations.Fusion;

/// <summary>What the sources of a fused model are multiplied with where some number of events is known.</summary>
/// <param name="Events">Number of known events, at least 0.</param>
/// <param name="Weights">One per source, in the model's order; finite.</param>
public sealed record FusionWeightPoint(int Events, IReadOnlyList<float> Weights);

/// <summary>Weights of sources by the number n of known events: given at some n, linear in log(1 + n) between, constant outside.</summary>
public sealed class FusionWeights
{
    private readonly float[] _places;
    private readonly float[][] _weights;

    /// <param name="points">At least one, by ascending number of events; all with as many weights.</param>
    /// <exception cref="ArgumentException">Points that are not so.</exception>
    public FusionWeights(IReadOnlyList<FusionWeightPoint> points)
    {
        if (points.Count == 0)
            throw new ArgumentException("There is no point.", nameof(points));
        for (int i = 0; i < points.Count; i++)
        {
            if (points[i].Events < 0 || (i > 0 && points[i].Events <= points[i - 1].Events))
                throw new ArgumentException($"Points are at ascending numbers of events from 0; number {i} is at {points[i].Events}.", nameof(points));
            if (points[i].Weights.Count != points[0].Weights.Count)
                throw new ArgumentException($"Point {i} has {points[i].Weights.Count} weights, the first {points[0].Weights.Count}.", nameof(points));
            if (!points[i].Weights.All(float.IsFinite))
                throw new ArgumentException($"Point {i} has a weight that is not finite.", nameof(points));
        }

        Points = points;
        _places = [.. points.Select(point => MathF.Log(1f + point.Events))];
        _weights = [.. points.Select(point => point.Weights.ToArray())];
    }

    /// <summary>The points, ascending.</summary>
    public IReadOnlyList<FusionWeightPoint> Points { get; }

    /// <summary>How many sources have weights.</summary>
    public int Count => _weights[0].Length;

    /// <summary>Writes the weights for a number of known events.</summary>
    public void At(int events, Span<float> weights)
    {
        float place = MathF.Log(1f + events);
        int after = 0;
        while (after < _places.Length && _places[after] <= place)
            after++;
        if (after == 0 || after == _places.Length)
        {
            _weights[after == 0 ? 0 : ^1].CopyTo(weights);
            return;
        }

        float share = (place - _places[after - 1]) / (_places[after] - _places[after - 1]);
        for (int i = 0; i < Count; i++)
            weights[i] = (_weights[after - 1][i] * (1f - share)) + (_weights[after][i] * share);
    }
}
