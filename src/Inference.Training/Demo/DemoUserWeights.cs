using Inference.Training.Fitting;

namespace Inference.Training.Demo;

/// <summary>
/// Weights of the user tower: the user's taste as a weighted mean of what the context lets expect and what the history says,
/// <c>(κ · context + Σ M (item − μ)) / (κ + n)</c>.
/// <list type="number">
/// <item>The context's part is fitted to the true tastes of the users with history (<see cref="AdditiveModel"/>).</item>
/// <item>M and κ are the ones that come nearest to those tastes from whole histories and from their beginnings (<see cref="RidgeRegression"/>).</item>
/// </list>
/// </summary>
internal sealed class DemoUserWeights
{
    /// <summary>Users that the fit looks at; more would not change it.</summary>
    private const int FittedUsers = 20_000;

    private const double ContextPenalty = 20;
    private const int ContextRounds = 5;
    private const double HistoryPenalty = 1;

    private static readonly float[] PriorStrengths = [1, 2, 4, 8, 16, 32];

    private DemoUserWeights(float priorStrength, float[] map, float[] itemMean, AdditiveModel context)
    {
        PriorStrength = priorStrength;
        Map = map;
        ItemMean = itemMean;
        Context = context;
    }

    /// <summary>κ: how many items of history the context is worth.</summary>
    public float PriorStrength { get; }

    /// <summary>M, rank × rank, from item taste to user taste.</summary>
    public float[] Map { get; }

    /// <summary>μ: the mean taste of items in histories.</summary>
    public float[] ItemMean { get; }

    /// <summary>What the context lets expect, in taste vectors.</summary>
    public AdditiveModel Context { get; }

    /// <param name="users">The users.</param>
    /// <param name="groups">Their context, for all users with history.</param>
    /// <param name="itemTaste">Catalogue × <paramref name="rank"/>.</param>
    /// <param name="rank">Components of taste.</param>
    /// <param name="latest">How many items of a history the tower reads.</param>
    public static DemoUserWeights Fit(DemoUsers users, Func<int, IReadOnlyList<CategoricalGroup>> groups, float[] itemTaste, int rank, int latest)
    {
        int count = Math.Min(users.SeenCount, FittedUsers);
        float[] expected = users.Factors[..(count * rank)];
        AdditiveModel context = AdditiveModel.Fit(expected, rank, groups(count), ContextPenalty, ContextRounds);
        // What is left of the targets is what the context did not explain; turn it round into the context's expectation.
        for (int i = 0; i < expected.Length; i++)
            expected[i] = users.Factors[i] - expected[i];

        float[] mean = MeanOfHistories(users, count, itemTaste, rank);
        (float Strength, float[] Map, double Residual) best = (0, [], double.PositiveInfinity);
        foreach (float strength in PriorStrengths)
        {
            (float[] map, double residual) = FitMap(users, count, expected, itemTaste, mean, rank, latest, strength);
            if (residual < best.Residual)
                best = (strength, map, residual);
        }

        return new DemoUserWeights(best.Strength, best.Map, mean, context);
    }

    private static float[] MeanOfHistories(DemoUsers users, int count, float[] itemTaste, int rank)
    {
        double[] sums = new double[rank];
        long events = 0;
        for (int user = 0; user < count; user++)
        {
            foreach (int row in users.Histories[user])
            {
                events++;
                for (int i = 0; i < rank; i++)
                    sums[i] += itemTaste[row * rank + i];
            }
        }

        return [.. sums.Select(sum => (float)(sum / Math.Max(1, events)))];
    }

    private static (float[] Map, double Residual) FitMap(
        DemoUsers users, int count, float[] expected, float[] itemTaste, float[] mean, int rank, int latest, float strength)
    {
        var regression = new RidgeRegression(rank, rank);
        float[] x = new float[rank], y = new float[rank];
        for (int user = 0; user < count; user++)
        {
            ReadOnlySpan<int> history = users.Histories[user];
            if (history.Length > latest)
                history = history[^latest..];
            foreach (int length in (ReadOnlySpan<int>)[history.Length, (history.Length + 2) / 3])
            {
                float weight = 1 / (length + strength);
                x.AsSpan().Clear();
                foreach (int row in history[..length])
                {
                    for (int i = 0; i < rank; i++)
                        x[i] += (itemTaste[row * rank + i] - mean[i]) * weight;
                }

                for (int i = 0; i < rank; i++)
                    y[i] = users.Factors[user * rank + i] - strength * weight * expected[user * rank + i];
                regression.Add(x, y);
            }
        }

        return regression.Solve(HistoryPenalty);
    }
}
