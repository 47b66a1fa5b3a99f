using Inference.Training.Chance;

namespace Inference.Training.Ranking;

/// <summary>
/// A small ranking network: s = a · z + v · tanh(W z + b), with inputs z. It begins as the order in which candidates were found and learns what to change: by the softmax over the candidates of a list, as a mean over the
/// targets among them (ListNet's top-one likelihood; Cao et al., "Learning to rank: from pairwise approach to listwise approach", 2007), with Adam and a decay towards the beginning. Used by one thread at a time while it learns.
/// </summary>
internal sealed class RankerNetwork
{
    private const float Beta1 = 0.9f, Beta2 = 0.99f, Epsilon = 1e-8f;
    private const int BatchLists = 16;

    private readonly int _inputs;
    private readonly float[] _start;
    private readonly float[] _gradient;
    private readonly float[] _mean;
    private readonly float[] _square;
    private int _steps;

    /// <param name="inputs">How many inputs there are; the first one is the score by which candidates were found.</param>
    /// <param name="hidden">Hidden units; 0 for a linear model.</param>
    /// <param name="firstWeight">Weight of the first input to begin with.</param>
    /// <param name="seed">Of the hidden units' beginning.</param>
    public RankerNetwork(int inputs, int hidden, float firstWeight, ulong seed)
    {
        (_inputs, Hidden) = (inputs, hidden);
        Weights = new float[inputs + (hidden * (inputs + 2))];
        Weights[0] = firstWeight;
        var random = new SeededRandom(seed);
        for (int i = 0; i < hidden * inputs; i++)
            Weights[inputs + i] = (float)(random.NextGaussian() / Math.Sqrt(inputs));
        _start = [.. Weights];
        _gradient = new float[Weights.Length];
        _mean = new float[Weights.Length];
        _square = new float[Weights.Length];
    }

    public int Hidden { get; }

    /// <summary>a (inputs), W (hidden × inputs), b (hidden), v (hidden).</summary>
    public float[] Weights { get; }

    /// <summary>Scores of the candidates of a list.</summary>
    /// <param name="inputs">Candidates × inputs.</param>
    public float[] Score(float[] inputs)
    {
        float[] scores = new float[inputs.Length / _inputs];
        float[] active = new float[Hidden];
        for (int i = 0; i < scores.Length; i++)
            scores[i] = Score(inputs.AsSpan(i * _inputs, _inputs), active);
        return scores;
    }

    /// <summary>Learns from lists.</summary>
    /// <param name="lists">Inputs and targets of each; every one with a target.</param>
    /// <param name="epochs">How often all are read.</param>
    /// <param name="rate">Learning rate at the beginning; it falls to zero.</param>
    /// <param name="decay">How strongly weights are drawn to where they began.</param>
    /// <param name="seed">Of the order of the lists.</param>
    public void Fit(IReadOnlyList<(float[] Inputs, bool[] IsTarget)> lists, int epochs, float rate, float decay, ulong seed, CancellationToken cancellationToken)
    {
        var random = new SeededRandom(seed, 1);
        int[] order = [.. Enumerable.Range(0, lists.Count)];
        int steps = epochs * ((lists.Count + BatchLists - 1) / BatchLists), step = 0;
        for (int epoch = 0; epoch < epochs; epoch++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            random.Shuffle(order.AsSpan());
            for (int at = 0; at < order.Length; at += BatchLists)
            {
                int count = Math.Min(BatchLists, order.Length - at);
                foreach (int list in order.AsSpan(at, count))
                    Backward(lists[list].Inputs, lists[list].IsTarget, 1f / count);
                Step(rate * (1 - ((float)step++ / steps)), decay);
            }
        }
    }

    /// <summary>Adds the gradient of one list's loss.</summary>
    /// <returns>The loss.</returns>
    internal double Backward(float[] inputs, bool[] isTarget, float weight)
    {
        int count = isTarget.Length, targets = isTarget.Count(one => one);
        float[] scores = Score(inputs), active = new float[Hidden];
        float largest = scores.Max();
        double sum = 0, loss = 0;
        foreach (float score in scores)
            sum += Math.Exp(score - largest);
        Span<float> a = _gradient.AsSpan(0, _inputs);
        for (int i = 0; i < count; i++)
        {
            float slope = (float)(Math.Exp(scores[i] - largest) / sum);
            if (isTarget[i])
            {
                loss -= (scores[i] - largest - Math.Log(sum)) / targets;
                slope -= 1f / targets;
            }

            slope *= weight;
            ReadOnlySpan<float> z = inputs.AsSpan(i * _inputs, _inputs);
            Score(z, active);
            for (int k = 0; k < _inputs; k++)
                a[k] += slope * z[k];
            for (int h = 0; h < Hidden; h++)
            {
                _gradient[Of(h)] += slope * active[h];
                float inner = slope * Weights[Of(h)] * (1 - (active[h] * active[h]));
                _gradient[BiasOf(h)] += inner;
                Span<float> w = _gradient.AsSpan(_inputs + (h * _inputs), _inputs);
                for (int k = 0; k < _inputs; k++)
                    w[k] += inner * z[k];
            }
        }

        return loss * weight;
    }

    /// <summary>The gradient that was added up, which is set to zero.</summary>
    internal float[] TakeGradient()
    {
        float[] gradient = [.. _gradient];
        _gradient.AsSpan().Clear();
        return gradient;
    }

    private int BiasOf(int hidden) => _inputs + (Hidden * _inputs) + hidden;

    private int Of(int hidden) => BiasOf(Hidden) + hidden;

    private float Score(ReadOnlySpan<float> z, float[] active)
    {
        float score = 0;
        for (int k = 0; k < z.Length; k++)
            score += Weights[k] * z[k];
        for (int h = 0; h < Hidden; h++)
        {
            float sum = Weights[BiasOf(h)];
            ReadOnlySpan<float> w = Weights.AsSpan(_inputs + (h * _inputs), _inputs);
            for (int k = 0; k < z.Length; k++)
                sum += w[k] * z[k];
            active[h] = MathF.Tanh(sum);
            score += Weights[Of(h)] * active[h];
        }

        return score;
    }

    private void Step(float rate, float decay)
    {
        _steps++;
        float correct1 = 1 - MathF.Pow(Beta1, _steps), correct2 = 1 - MathF.Pow(Beta2, _steps);
        for (int i = 0; i < Weights.Length; i++)
        {
            float g = _gradient[i];
            _mean[i] += (1 - Beta1) * (g - _mean[i]);
            _square[i] += (1 - Beta2) * ((g * g) - _square[i]);
            Weights[i] -= rate * ((_mean[i] / correct1 / (MathF.Sqrt(_square[i] / correct2) + Epsilon)) + (decay * (Weights[i] - _start[i])));
        }

        _gradient.AsSpan().Clear();
    }
}
