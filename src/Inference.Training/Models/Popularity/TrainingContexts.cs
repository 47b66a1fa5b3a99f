using Inference.Training.Features;
using Inference.Training.Splits;

namespace Inference.Training.Models;

/// <summary>The contexts of training users, row by row.</summary>
internal static class TrainingContexts
{
    /// <summary>Training users × fields; code 0 for a user who is not in the contexts.</summary>
    public static int[] Of(ColdSplit split, UserContexts contexts)
    {
        int fields = contexts.Fields.Count;
        int[] codes = new int[split.Training.Count * fields];
        for (int user = 0; user < split.Training.Count; user++)
            contexts[contexts.Find(split.TrainingUserIds[user])].CopyTo(codes.AsSpan(user * fields));
        return codes;
    }

    /// <summary>p_i: the share of training users that have an item, by item index of the catalogue.</summary>
    public static double[] Shares(ColdSplit split)
    {
        double[] shares = new double[split.Items.TrainingCount];
        for (int item = 0; item < shares.Length; item++)
            shares[item] = split.Items.TrainingUsers[item] / (double)Math.Max(1, split.Training.Count);
        return shares;
    }
}
