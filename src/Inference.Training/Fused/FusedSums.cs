using System.Numerics.Tensors;

namespace Inference.Training.Fused;

/// <summary>The weighted sums of all users of some scenarios while weights are searched: what one more change would give costs one pass over the kept items. For one thread.</summary>
internal sealed class FusedSums
{
    private const int Slate = 10;

    private static readonly double[] Discounts = [.. Enumerable.Range(0, Slate).Select(rank => 1 / Math.Log2(rank + 2))];

    private readonly ScenarioScores.UserItems[][] _scenarios;
    private readonly float[][][] _sums;
    private readonly float[] _trial;

    public FusedSums(ScenarioScores.UserItems[][] scenarios)
    {
        _scenarios = scenarios;
        _sums = [.. scenarios.Select(users => users.Select(user => new float[user.IsTarget.Length]).ToArray())];
        _trial = new float[scenarios.Max(users => users.Max(user => user.IsTarget.Length))];
    }

    /// <summary>NDCG@10 of the first source by scenario, by which others are measured; where it finds nothing, a small number.</summary>
    public double[] Scale() => [.. Enumerable.Range(0, _scenarios.Length).Select(scenario => Math.Max(1e-3, Ndcg(scenario, 0, 1)))];

    /// <summary>Mean over the scenarios of NDCG@10 by its scale, if the weight of a source changed by so much.</summary>
    public double QualityWith(int source, float change, double[] scale)
    {
        double quality = 0;
        for (int scenario = 0; scenario < _scenarios.Length; scenario++)
            quality += Ndcg(scenario, source, change) / scale[scenario];
        return quality / _scenarios.Length;
    }

    /// <summary>Changes the weight of a source.</summary>
    public void Change(int source, float change)
    {
        for (int scenario = 0; scenario < _scenarios.Length; scenario++)
        {
            for (int user = 0; user < _scenarios[scenario].Length; user++)
                TensorPrimitives.MultiplyAdd(_scenarios[scenario][user].Scores[source], change, _sums[scenario][user], _sums[scenario][user]);
        }
    }

    private double Ndcg(int scenario, int source, float change)
    {
        double sum = 0;
        ScenarioScores.UserItems[] users = _scenarios[scenario];
        for (int user = 0; user < users.Length; user++)
        {
            Span<float> trial = _trial.AsSpan(0, users[user].IsTarget.Length);
            TensorPrimitives.MultiplyAdd(users[user].Scores[source], change, _sums[scenario][user], trial);
            sum += Gain(trial, users[user].IsTarget) / users[user].Ideal;
        }

        return sum / users.Length;
    }

    /// <summary>DCG@10 of the items by descending score; the earlier item goes first among equals.</summary>
    private static double Gain(ReadOnlySpan<float> scores, bool[] isTarget)
    {
        Span<float> best = stackalloc float[Slate];
        Span<int> items = stackalloc int[Slate];
        int count = 0;
        for (int item = 0; item < scores.Length; item++)
        {
            float score = scores[item];
            if (count == Slate && score <= best[Slate - 1])
                continue;
            int place = count < Slate ? count++ : Slate - 1;
            while (place > 0 && best[place - 1] < score)
            {
                best[place] = best[place - 1];
                items[place] = items[place - 1];
                place--;
            }

            best[place] = score;
            items[place] = item;
        }

        double gain = 0;
        for (int rank = 0; rank < count; rank++)
            gain += isTarget[items[rank]] ? Discounts[rank] : 0;
        return gain;
    }
}
