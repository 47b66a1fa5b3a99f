using System.Numerics.Tensors;

namespace Inference.Training.TwoTower;

/// <summary>
/// Adam with decoupled decay (Loshchilov and Hutter, "Decoupled weight decay regularization", 2019), where decay pulls towards the values that training started from rather than towards zero: towers that start from
/// factors or from an earlier bundle keep what they know unless data speak against it.
/// </summary>
internal sealed class AdamW
{
    private const float Beta1 = 0.9f;
    private const float Beta2 = 0.99f;
    private const float Epsilon = 1e-8f;
    private const int Chunk = 1 << 14;

    private readonly TowerWeights _weights;
    private readonly Lanes _lanes;
    private readonly float[] _start;
    private readonly float[] _mean;
    private readonly float[] _square;
    private readonly (int Offset, int Length, float Rate)[] _chunks;
    private int _steps;

    /// <param name="weights">What moves.</param>
    /// <param name="rates">Learning rate of each parameter relative to that of the whole; 0 for one that stays.</param>
    /// <param name="lanes">The threads.</param>
    public AdamW(TowerWeights weights, Func<Parameter, float> rates, Lanes lanes)
    {
        _weights = weights;
        _lanes = lanes;
        _start = [.. weights.Values];
        _mean = new float[_start.Length];
        _square = new float[_start.Length];
        var chunks = new List<(int, int, float)>();
        foreach (Parameter parameter in weights.All)
        {
            for (int at = 0; at < parameter.Length; at += Chunk)
                chunks.Add((parameter.Offset + at, Math.Min(Chunk, parameter.Length - at), rates(parameter)));
        }

        _chunks = [.. chunks];
    }

    /// <summary>One step down the gradient, which is set to zero.</summary>
    public void Step(float[] gradient, float rate, float decay)
    {
        _steps++;
        float correct1 = 1 - MathF.Pow(Beta1, _steps), correct2 = MathF.Sqrt(1 - MathF.Pow(Beta2, _steps));
        _lanes.Run(_chunks.Length, chunk =>
        {
            (int offset, int length, float relative) = _chunks[chunk];
            if (relative == 0)
            {
                gradient.AsSpan(offset, length).Clear();
                return;
            }

            Update(_weights.Values.AsSpan(offset, length), _start.AsSpan(offset, length), gradient.AsSpan(offset, length), _mean.AsSpan(offset, length), _square.AsSpan(offset, length),
                rate * relative / correct1, correct2, rate * relative * decay);
        });
    }

    private static void Update(Span<float> weights, ReadOnlySpan<float> start, Span<float> gradient, Span<float> mean, Span<float> square, float rate, float correct2, float decay)
    {
        Span<float> scratch = stackalloc float[256];
        for (int at = 0; at < weights.Length; at += scratch.Length)
        {
            int length = Math.Min(scratch.Length, weights.Length - at);
            Span<float> w = weights.Slice(at, length), g = gradient.Slice(at, length), m = mean.Slice(at, length), v = square.Slice(at, length), s = scratch[..length];
            TensorPrimitives.Subtract(start.Slice(at, length), w, s);
            TensorPrimitives.MultiplyAdd(s, decay, w, w);
            TensorPrimitives.Multiply(m, Beta1, m);
            TensorPrimitives.MultiplyAdd(g, 1 - Beta1, m, m);
            TensorPrimitives.Multiply(g, g, g);
            TensorPrimitives.Multiply(v, Beta2, v);
            TensorPrimitives.MultiplyAdd(g, 1 - Beta2, v, v);
            TensorPrimitives.Sqrt(v, s);
            TensorPrimitives.Divide(s, correct2, s);
            TensorPrimitives.Add(s, Epsilon, s);
            TensorPrimitives.Divide(m, s, s);
            TensorPrimitives.MultiplyAdd(s, -rate, w, w);
            g.Clear();
        }
    }
}
