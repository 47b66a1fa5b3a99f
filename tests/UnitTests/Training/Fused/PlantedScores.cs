using Inference.Training.Chance;
using Inference.Training.Fused;

namespace UnitTests.Training.Fused;

/// <summary>Scores of users whose targets one source knows: it ranks them first but for some noise, the others are chance.</summary>
internal static class PlantedScores
{
    public const int Items = 60, Targets = 6;

    public static ScenarioScores Of(int users, int sources, int planted, ulong seed = 4, double noise = 0.5)
    {
        var random = new SeededRandom(seed);
        var all = new ScenarioScores.UserItems[users];
        for (int user = 0; user < users; user++)
        {
            bool[] isTarget = new bool[Items];
            for (int left = Targets; left > 0;)
            {
                int item = random.NextInt(Items);
                left -= isTarget[item] ? 0 : 1;
                isTarget[item] = true;
            }

            float[][] scores = new float[sources][];
            for (int source = 0; source < sources; source++)
            {
                scores[source] = new float[Items];
                for (int item = 0; item < Items; item++)
                    scores[source][item] = (float)((source == planted ? (isTarget[item] ? 1 : 0) + (noise * random.NextDouble()) : random.NextDouble()) * 2 - 1);
            }

            all[user] = new ScenarioScores.UserItems(scores, isTarget, Enumerable.Range(0, Targets).Sum(rank => 1 / Math.Log2(rank + 2)));
        }

        return new ScenarioScores(all, sources);
    }
}
