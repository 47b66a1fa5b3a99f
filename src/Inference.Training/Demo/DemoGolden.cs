using Inference.Towers.Bundles;
using Inference.Training.Chance;

namespace Inference.Training.Demo;

/// <summary>
/// The demo's golden cases: what the towers have to answer, computed from the weights by the formulas and not by a model, so that a wrong graph, encoder or runtime shows.
/// </summary>
internal sealed class DemoGolden(DemoWorld world, DemoContent content, DemoEmbeddingSpace space, DemoUserWeights users, DemoItemWeights items)
{
    private const int Top = 10;

    /// <summary>Two items nearer than this may change places by rounding; such a list is no golden one.</summary>
    private const double LeastGap = 1e-3;

    /// <summary>Lengths of the histories; more than the tower reads among them.</summary>
    private static readonly int[] Lengths = [0, 1, 3, 10, DemoContent.LatestItems, DemoContent.LatestItems + 10];

    public GoldenFile Make()
    {
        var random = new SeededRandom(world.Options.Seed, DemoStreams.Golden);
        var cases = new List<GoldenCase>();
        foreach (int length in Lengths)
        {
            int[] history = new int[Math.Min(length, world.Items.CatalogueCount)];
            for (int i = 0; i < history.Length; i++)
                history[i] = random.NextInt(world.Items.CatalogueCount);
            history = [.. history.Distinct()];
            int user = random.NextInt(world.Users.Count);
            cases.Add(CaseOf(user, history));
        }

        return new GoldenFile { Tolerance = 1e-4, Cases = cases };
    }

    private GoldenCase CaseOf(int user, int[] history)
    {
        double[] plain = PlainUser(user, history);
        float[] embedding = new float[space.Dimension];
        space.Embed(Array.ConvertAll(plain, component => (float)component), embedding);
        return new GoldenCase
        {
            Features = content.ContextOf(user),
            History = Array.ConvertAll(history, DemoItems.IdOf),
            Embedding = embedding,
            Top = TopOf(plain, [.. history]),
        };
    }

    /// <summary>(κ · context + Σ M (item − μ)) / (κ + n), and the constant.</summary>
    private double[] PlainUser(int user, int[] history)
    {
        int rank = space.Rank;
        double[] taste = new double[rank];
        IReadOnlyList<int> values = content.ContextIdsOf(user);
        for (int i = 0; i < rank; i++)
        {
            taste[i] = users.Context.Mean[i];
            for (int feature = 0; feature < values.Count; feature++)
                taste[i] += users.Context.Tables[feature][values[feature] * rank + i];
            taste[i] *= users.PriorStrength;
        }

        int[] latest = history[Math.Max(0, history.Length - DemoContent.LatestItems)..];
        foreach (int row in latest)
        {
            for (int i = 0; i < rank; i++)
            {
                for (int j = 0; j < rank; j++)
                    taste[j] += ((double)items.Taste[row * rank + i] - users.ItemMean[i]) * users.Map[i * rank + j];
            }
        }

        double[] plain = new double[rank + 1];
        for (int i = 0; i < rank; i++)
            plain[i] = DemoEmbeddingSpace.TasteScale * taste[i] / (users.PriorStrength + latest.Length);
        plain[rank] = DemoEmbeddingSpace.PopularityScale;
        return plain;
    }

    private List<string>? TopOf(double[] user, HashSet<int> seen)
    {
        int width = space.Rank + 1;
        var best = new PriorityQueue<int, double>();
        for (int row = 0; row < world.Items.CatalogueCount; row++)
        {
            if (seen.Contains(row))
                continue;
            double score = 0;
            for (int i = 0; i < width; i++)
                score += user[i] * items.Plain[row * width + i];
            // One more than is listed, to see whether the last one is clear of the next.
            if (best.Count <= Top)
                best.Enqueue(row, score);
            else
                best.EnqueueDequeue(row, score);
        }

        var ascending = new List<(int Row, double Score)>();
        while (best.TryDequeue(out int row, out double score))
            ascending.Add((row, score));
        for (int i = 1; i < ascending.Count; i++)
        {
            if (ascending[i].Score - ascending[i - 1].Score < LeastGap)
                return null;
        }

        return [.. ascending.Skip(Math.Max(0, ascending.Count - Top)).Reverse().Select(item => DemoItems.IdOf(item.Row))];
    }
}
