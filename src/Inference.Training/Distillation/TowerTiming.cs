using System.Diagnostics;
using Inference.Recommendations.Ports;
using Inference.Towers.Bundles;
using Inference.Training.Evaluation;
using Inference.Training.Models;

namespace Inference.Training.Distillation;

/// <summary>Times the user towers of two bundles in turns, so that whatever else the machine does falls on both.</summary>
internal static class TowerTiming
{
    private const int WarmUps = 20;

    /// <summary>The median time of a call.</summary>
    /// <param name="teacher">One bundle, with its towers.</param>
    /// <param name="student">The other one.</param>
    /// <param name="inputs">Whose training users are asked for.</param>
    /// <param name="batch">Users per call.</param>
    /// <param name="rounds">Calls of each.</param>
    public static async Task<TowerTimes> MeasureAsync((LoadedBundle Bundle, TowerRanking Towers) teacher, (LoadedBundle Bundle, TowerRanking Towers) student, EvaluationInputs inputs, int batch, int rounds)
    {
        double[] first = new double[rounds], second = new double[rounds];
        for (int round = -WarmUps; round < rounds; round++)
        {
            double a = await TimeAsync(teacher, inputs, batch, round + WarmUps), b = await TimeAsync(student, inputs, batch, round + WarmUps);
            if (round >= 0)
                (first[round], second[round]) = (a, b);
        }

        return new TowerTimes(batch, TimeSpan.FromSeconds(Median(first)), TimeSpan.FromSeconds(Median(second)));
    }

    private static async Task<double> TimeAsync((LoadedBundle Bundle, TowerRanking Towers) one, EvaluationInputs inputs, int batch, int round)
    {
        var users = new UserTowerInput[batch];
        for (int i = 0; i < batch; i++)
        {
            int user = (int)(((long)round * batch + i) % inputs.Split.Training.Count);
            users[i] = one.Towers.Input(new RankingInput(inputs.Split.Training.Slice(user), inputs.Contexts.Find(inputs.Split.TrainingUserIds[user])));
        }

        float[] embeddings = new float[batch * one.Bundle.Snapshot.Model.Dimension];
        long begun = Stopwatch.GetTimestamp();
        await one.Bundle.Snapshot.UserTower.EncodeAsync(users, embeddings, CancellationToken.None);
        return Stopwatch.GetElapsedTime(begun).TotalSeconds;
    }

    private static double Median(double[] values)
    {
        Array.Sort(values);
        return values[values.Length / 2];
    }
}
