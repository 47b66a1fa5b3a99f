using System.Numerics.Tensors;
using Inference.Training.Features;
using Inference.Training.Splits;

namespace Inference.Training.Models;

/// <summary>Popularity times what each context value changes of it, as if they did so independently: ln p_i + w·Σ_f ln(r(i|f = v) ∕ p_i), with r shrunk as in <see cref="ContextPopularity"/>.</summary>
public sealed class ContextNaiveBayes : RankingModel
{
    private readonly UserContexts _contexts;
    private readonly double[] _logShares;
    private readonly double[]?[][] _lifts;
    private readonly double _weight;

    private ContextNaiveBayes(UserContexts contexts, double[] logShares, double[]?[][] lifts, double weight)
    {
        _contexts = contexts;
        _logShares = logShares;
        _lifts = lifts;
        _weight = weight;
    }

    public override string Name => "context_naive_bayes";

    /// <param name="split">Fitted on its training lists.</param>
    /// <param name="contexts">Of training users and of those that are to be scored.</param>
    /// <param name="smoothing">m, above 0.</param>
    /// <param name="weight">w: how much context counts; below 1 because properties are not independent.</param>
    public static ContextNaiveBayes Fit(ColdSplit split, UserContexts contexts, double smoothing, double weight)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(smoothing);
        double[] shares = TrainingContexts.Shares(split);
        int[] codes = TrainingContexts.Of(split, contexts);
        int fields = contexts.Fields.Count;
        double[]?[][] lifts = new double[]?[fields][];
        Parallel.For(0, fields, field =>
        {
            lifts[field] = new double[]?[contexts.Fields[field].Codes];
            int[] users = new int[lifts[field].Length];
            for (int user = 0; user < split.Training.Count; user++)
            {
                int code = codes[user * fields + field];
                users[code]++;
                double[] counts = lifts[field][code] ??= new double[shares.Length];
                foreach (int item in split.Training[user])
                    counts[item]++;
            }

            for (int code = 0; code < users.Length; code++)
            {
                if (lifts[field][code] is not { } row)
                    continue;
                for (int item = 0; item < row.Length; item++)
                    row[item] = Math.Log((row[item] + smoothing * shares[item]) / (users[code] + smoothing) / Math.Max(shares[item], 1e-9) + 1e-9);
            }
        });
        return new ContextNaiveBayes(contexts, Array.ConvertAll(shares, static share => Math.Log(Math.Max(share, 1e-12))), lifts, weight);
    }

    public override void Score(in RankingInput user, Span<double> scores)
    {
        Span<double> known = scores[.._logShares.Length];
        known.Clear();
        ReadOnlySpan<int> codes = _contexts[user.User];
        for (int field = 0; field < codes.Length; field++)
        {
            if (_lifts[field][codes[field]] is { } lift)
                TensorPrimitives.Add(known, lift, known);
        }

        TensorPrimitives.MultiplyAdd(known, _weight, _logShares, known);
    }
}
