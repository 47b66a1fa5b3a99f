using Inference.Towers;
using Inference.Towers.Bundles;
using Inference.Training.Evaluation;
using Inference.Training.Models;
using Microsoft.Extensions.Logging;

namespace Inference.Training.Distillation;

/// <summary>Holds a bundle with int8 weights against the same one with float32 weights, before it is published.</summary>
internal static class Int8Check
{
    private const int SampledUsers = 200;

    /// <summary>What the int8 weights cost.</summary>
    public static async Task<Int8Cost> CompareAsync(BundleContent exact, BundleContent quantised, EvaluationInputs inputs, ILogger logger, CancellationToken cancellationToken)
    {
        using OpenedTowers exactTowers = OpenedTowers.Open(exact, new TowerOptions(), logger), quantisedTowers = OpenedTowers.Open(quantised, new TowerOptions(), logger);
        using TowerRanking a = await TowerRanking.OfAsync("float32", exactTowers, exact, inputs, cancellationToken), b = await TowerRanking.OfAsync("int8", quantisedTowers, quantised, inputs, cancellationToken);
        double loss = await Task.Run(() => Loss(a, b, inputs, cancellationToken), cancellationToken);
        return new Int8Cost(BytesOf(quantised), BytesOf(exact), Difference(a, b, inputs), loss);
    }

    /// <summary>1 − the mean over scenarios of NDCG@10 of one ÷ that of the other.</summary>
    private static double Loss(TowerRanking exact, TowerRanking quantised, EvaluationInputs inputs, CancellationToken cancellationToken)
    {
        var kept = new List<double>();
        foreach (Scenario scenario in Scenarios.All(inputs.Split, EvaluationPart.Validation, inputs.Contexts))
        {
            double before = inputs.Judge.Ndcg10(exact, scenario, cancellationToken);
            if (before > 0)
                kept.Add(inputs.Judge.Ndcg10(quantised, scenario, cancellationToken) / before);
        }

        return kept.Count == 0 ? double.NaN : 1 - kept.Average();
    }

    private static double Difference(TowerRanking exact, TowerRanking quantised, EvaluationInputs inputs)
    {
        double item = Relative(row => VectorOf(exact, row), row => VectorOf(quantised, row), exact.Items.Count);
        int users = Math.Min(SampledUsers, inputs.Split.Training.Count);
        RankingInput Input(int i)
        {
            int user = (int)((long)i * inputs.Split.Training.Count / users);
            return new RankingInput(inputs.Split.Training.Slice(user), inputs.Contexts.Find(inputs.Split.TrainingUserIds[user]));
        }

        return Math.Max(item, Relative(i => exact.Embed(Input(i)), i => quantised.Embed(Input(i)), users));
    }

    private static float[] VectorOf(TowerRanking towers, int row)
    {
        float[] vector = new float[towers.Items.Dimension];
        towers.Items.CopyVector(row, vector);
        return vector;
    }

    private static double Relative(Func<int, float[]> exact, Func<int, float[]> quantised, int count)
    {
        double largest = 0, difference = 0;
        for (int row = 0; row < count; row++)
        {
            float[] a = exact(row), b = quantised(row);
            for (int i = 0; i < a.Length; i++)
            {
                largest = Math.Max(largest, Math.Abs(a[i]));
                difference = Math.Max(difference, Math.Abs(a[i] - b[i]));
            }
        }

        return largest == 0 ? 0 : difference / largest;
    }

    private static long BytesOf(BundleContent content) => content.UserTower.Model.Length + (content.ItemTower?.Model.Length ?? 0);
}
