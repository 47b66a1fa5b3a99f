using Inference.Training.Features;
using Inference.Training.Models;
using Inference.Training.Splits;
using System.Numerics.Tensors;

namespace Inference.Training.TwoTower;

/// <summary>
/// Soft targets from another model (Hinton, Vinyals and Dean, "Distilling the knowledge in a neural network", 2015): the softmax of its scores over the items of a step, at the temperature at which it says most of what users of the
/// validation part took next. Its scores are brought to mean 0 and deviation 1 per user first.
/// </summary>
internal sealed class TeacherTargets
{
    private const int MostUsers = 200;

    /// <summary>Deviations smaller than this share of the mean tell nothing: scores are sums of floats.</summary>
    private const double Rounding = 1e-7;

    private readonly RankingModel _teacher;
    private readonly Lanes _lanes;
    private readonly int _items;
    private readonly double _sharpness;
    private float[] _targets = [];

    public TeacherTargets(RankingModel teacher, ColdSplit split, UserContexts contexts, Lanes lanes)
    {
        _teacher = teacher;
        _lanes = lanes;
        _items = split.Items.TrainingCount;
        _sharpness = Sharpness(split, contexts);
    }

    /// <summary>users × columns; each row sums to 1, or is all zeros where the teacher makes no difference between items.</summary>
    public float[] Of(Examples examples, int[] columns)
    {
        if (_targets.Length < examples.Count * columns.Length)
            _targets = new float[examples.Count * columns.Length];
        _lanes.Run(examples.Count, row =>
        {
            Span<float> into = _targets.AsSpan(row * columns.Length, columns.Length);
            if (Scores(examples.Histories[row], examples.Places[row], examples.Hidden[row].Span) is not { } scores)
            {
                // A uniform target would teach that all items are alike.
                into.Clear();
                return;
            }

            for (int i = 0; i < columns.Length; i++)
                into[i] = (float)(_sharpness * scores[columns[i]]);
            TensorPrimitives.SoftMax(into, into);
        });
        return _targets;
    }

    /// <summary>Scores of the catalogue, standardised; those of hidden items far below all others. Null where they differ by no more than rounding.</summary>
    private double[]? Scores(ReadOnlyMemory<int> history, int place, ReadOnlySpan<int> hidden)
    {
        double[] scores = new double[_items];
        _teacher.Score(new RankingInput(history, place), scores);
        double mean = TensorPrimitives.Sum<double>(scores) / _items, squares = 0;
        foreach (double score in scores)
            squares += (score - mean) * (score - mean);
        double deviation = Math.Sqrt(squares / _items);
        if (!(deviation > Rounding * Math.Abs(mean)))
            return null;
        for (int i = 0; i < scores.Length; i++)
            scores[i] = (scores[i] - mean) / deviation;
        foreach (int item in hidden)
            scores[item] = -1e6;
        return scores;
    }

    private double Sharpness(ColdSplit split, UserContexts contexts)
    {
        double best = 1, bestLikelihood = double.NegativeInfinity;
        int users = Math.Min(MostUsers, split.Validation.Count);
        double[]?[] scores = new double[]?[users];
        _lanes.Run(users, user => scores[user] = Scores(split.Validation.Support.Slice(user)[..Math.Min(5, split.Validation.Support[user].Length)], contexts.Find(split.Validation.UserIds[user]), split.Validation.Support[user]));
        foreach (double sharpness in (ReadOnlySpan<double>)[0.25, 0.35, 0.5, 0.7, 1, 1.4, 2, 2.8])
        {
            double[] likelihoods = new double[users];
            _lanes.Run(users, user =>
            {
                if (scores[user] is not { } own)
                    return;
                double sum = 0, taken = 0;
                foreach (double score in own)
                    sum += Math.Exp(sharpness * score);
                foreach (int item in split.Validation.Targets[user])
                    taken += sharpness * own[item] / split.Validation.Targets[user].Length;
                likelihoods[user] = taken - Math.Log(sum);
            });
            double likelihood = TensorPrimitives.Sum<double>(likelihoods);
            if (users > 0 && likelihood > bestLikelihood)
                (best, bestLikelihood) = (sharpness, likelihood);
        }

        return best;
    }
}
