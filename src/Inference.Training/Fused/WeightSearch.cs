using Inference.Training.Chance;

namespace Inference.Training.Fused;

/// <summary>
/// Chooses the weights of sources for one number of known events: bagged ensemble selection (Caruana et al., "Ensemble selection from libraries of models", 2004).
/// <list type="number">
/// <item>Draw the users of the validation part again, with repeats (a bag).</item>
/// <item>Begin with what is believed beforehand (<see cref="FusionPrior"/>); then, again and again, change the one weight that helps most, as long as one helps enough.</item>
/// <item>Bring the weights of the bag to the sum 1; take the mean over all bags, and leave out what hardly counts.</item>
/// <item>Shrink it towards what was believed beforehand: with U users, the search counts U ∕ (U + 150).</item>
/// </list>
/// What helps is NDCG@10 relative to that of the first source, as a mean over the scenario and its neighbours, so that weights change smoothly with the number of events. Bags keep the search from
/// learning a few hundred users by heart.
/// </summary>
internal sealed class WeightSearch(ulong seed, int bags = 16)
{
    private const int MostSteps = 10;

    /// <summary>Users of the validation part whose word counts as much as the prior.</summary>
    private const double UsersOfPrior = 150;

    /// <summary>What a step has to gain at least, relatively.</summary>
    private const double LeastGain = 0.005;

    /// <summary>Share of the sum below which a source is left out.</summary>
    private const float LeastShare = 0.01f;

    private static readonly float[] Grid = [0, 0.05f, 0.1f, 0.2f, 0.35f, 0.5f];

    /// <param name="scenarios">The scenario in question and its neighbours; the same sources in all.</param>
    /// <param name="prior">What is believed beforehand, one weight per source.</param>
    /// <param name="isAllowed">By source, whether its weight may be changed.</param>
    /// <param name="cancellationToken">Stops between steps.</param>
    /// <returns>One weight per source; absolute values sum to 1.</returns>
    public float[] Find(IReadOnlyList<ScenarioScores> scenarios, float[] prior, bool[] isAllowed, CancellationToken cancellationToken)
    {
        int sources = scenarios[0].Sources;
        float[][] found = new float[bags][];
        Parallel.For(0, bags, new ParallelOptions { CancellationToken = cancellationToken }, bag => found[bag] = Select([.. scenarios.Select(scenario => Draw(scenario, bag))], prior, isAllowed, cancellationToken));
        float[] mean = new float[sources];
        foreach (float[] weights in found)
        {
            float sum = weights.Sum(Math.Abs);
            for (int source = 0; source < sources; source++)
                mean[source] += weights[source] / sum / bags;
        }

        for (int source = 0; source < sources; source++)
        {
            if (Math.Abs(mean[source]) < LeastShare)
                mean[source] = 0;
        }

        // :: Step 4
        double trust = scenarios[0].Users.Count / (scenarios[0].Users.Count + UsersOfPrior);
        for (int source = 0; source < sources; source++)
            mean[source] = (float)((trust * mean[source]) + ((1 - trust) * prior[source]));
        float all = mean.Sum(Math.Abs);
        return Array.ConvertAll(mean, weight => weight / all);
    }

    /// <summary>The users of one bag. The same draw for scenarios of the same users.</summary>
    private ScenarioScores.UserItems[] Draw(ScenarioScores scenario, int bag)
    {
        var random = new SeededRandom(seed, (ulong)bag);
        var users = new ScenarioScores.UserItems[scenario.Users.Count];
        for (int i = 0; i < users.Length; i++)
            users[i] = scenario.Users[random.NextInt(users.Length)];
        return users;
    }

    private static float[] Select(ScenarioScores.UserItems[][] scenarios, float[] prior, bool[] isAllowed, CancellationToken cancellationToken)
    {
        var sums = new FusedSums(scenarios);
        float[] weights = [.. prior];
        double[] scale = sums.Scale();
        for (int source = 0; source < weights.Length; source++)
            sums.Change(source, weights[source]);
        double best = sums.QualityWith(0, 0, scale);
        for (int step = 0; step < MostSteps; step++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            (int Source, float Weight, double Quality) next = (-1, 0, best * (1 + LeastGain));
            for (int source = 0; source < weights.Length; source++)
            {
                foreach (float weight in isAllowed[source] ? Grid : [])
                {
                    if (weight == weights[source] || (weight == 0 && weights.Count(other => other != 0) == 1))
                        continue;
                    if (sums.QualityWith(source, weight - weights[source], scale) is var quality && quality > next.Quality)
                        next = (source, weight, quality);
                }
            }

            if (next.Source < 0)
                break;
            sums.Change(next.Source, next.Weight - weights[next.Source]);
            weights[next.Source] = next.Weight;
            best = next.Quality;
        }

        return weights;
    }
}
