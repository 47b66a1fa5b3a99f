using Inference.Training.Chance;
using Inference.Training.Fitting;

namespace Inference.Training.Demo;

/// <summary>
/// Weights of the item tower: what training on endless data would find, less some precision.
/// <list type="number">
/// <item>Each item's vector is its true taste and popularity, plus noise.</item>
/// <item>Category, brand and title words explain what they can of it (<see cref="AdditiveModel"/>): all that is known of a new item.</item>
/// <item>The id's own vector is the rest.</item>
/// </list>
/// </summary>
internal sealed class DemoItemWeights
{
    private const double TasteNoise = 0.20;
    private const double PopularityNoise = 0.25;
    private const double ContentPenalty = 3;
    private const int ContentRounds = 6;

    private DemoItemWeights(int rank, float[] taste, float[] plain, AdditiveModel content, float[] residuals)
    {
        Rank = rank;
        Taste = taste;
        Plain = plain;
        Content = content;
        Residuals = residuals;
    }

    public int Rank { get; }

    /// <summary>The items' taste vectors as the towers know them: catalogue × rank.</summary>
    public float[] Taste { get; }

    /// <summary>The items' plain vectors of rank + 1 components: taste and popularity, as scaled for the inner product.</summary>
    public float[] Plain { get; }

    /// <summary>What category, brand and words say, in plain vectors of rank + 1 components.</summary>
    public AdditiveModel Content { get; }

    /// <summary>What only the id says: catalogue × (rank + 1).</summary>
    public float[] Residuals { get; }

    public static DemoItemWeights Fit(DemoOptions options, DemoItems items, DemoItemFeatures features, int rank)
    {
        int count = items.CatalogueCount, width = rank + 1;
        float[] taste = new float[count * rank];
        float[] targets = new float[count * width];
        double meanLog = 0;
        for (int row = 0; row < count; row++)
            meanLog += items.LogPopularity[row] / count;

        Parallel.For(0, count, row =>
        {
            var random = new SeededRandom(options.Seed, DemoStreams.ItemNoise + (ulong)row);
            Span<float> vector = taste.AsSpan(row * rank, rank);
            TasteSpace.FillSphere(ref random, vector, TasteNoise);
            ReadOnlySpan<float> truth = items.FactorsOf(row);
            Span<float> target = targets.AsSpan(row * width, width);
            for (int i = 0; i < rank; i++)
            {
                vector[i] += truth[i];
                target[i] = DemoEmbeddingSpace.TasteScale * vector[i];
            }

            double logPopularity = items.LogPopularity[row] - meanLog + PopularityNoise * random.NextGaussian();
            target[rank] = (float)(logPopularity / DemoEmbeddingSpace.PopularityScale);
        });

        float[] plain = [.. targets];
        AdditiveModel content = AdditiveModel.Fit(targets, width, features.Groups(count), ContentPenalty, ContentRounds);
        return new DemoItemWeights(rank, taste, plain, content, targets);
    }
}
