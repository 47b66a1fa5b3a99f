using Inference.Recommendations.Ports;

namespace Inference.Training.Ranking;

/// <summary>
/// What a trained ranking model reads of a user and a candidate, and how the numbers become inputs of the network: ln(1 + k · max(x, 0)) where there is a factor k, otherwise x; then standardised. Impressions and clicks
/// are not among them, for an event log has none.
/// </summary>
internal sealed class RankerInputs
{
    /// <summary>The numbers, and the factor k of those whose size matters less the larger they are.</summary>
    public static readonly (CrossFeature Feature, float LogFactor)[] Columns =
    [
        (CrossFeature.RetrievalScore, 0), (CrossFeature.RetrievalRank, 1), (CrossFeature.InnerProduct, 0), (CrossFeature.Cosine, 0), (CrossFeature.Popularity, 1_000), (CrossFeature.LatestSimilarity, 0),
        (CrossFeature.HistorySimilarity, 0), (CrossFeature.KnownEvents, 1),
    ];

    private const double LeastDeviation = 1e-6;

    private RankerInputs(float[] missing, float[] mean, float[] scale) => (Missing, Mean, Scale) = (missing, mean, scale);

    /// <summary>All that is read, as the set of the port.</summary>
    public static uint Reads { get; } = Columns.Aggregate(0u, (all, column) => all | CrossFeatures.SetOf(column.Feature));

    /// <summary>What stands for a number that is not known: the mean of those that are.</summary>
    public float[] Missing { get; }

    /// <summary>Mean of each input.</summary>
    public float[] Mean { get; }

    /// <summary>1 ÷ deviation of each input; 0 for one that is always the same.</summary>
    public float[] Scale { get; }

    /// <summary>Measures the inputs over some lists.</summary>
    public static RankerInputs Of(IReadOnlyList<RankingList> lists)
    {
        int columns = Columns.Length;
        float[] missing = new float[columns], mean = new float[columns], scale = new float[columns];
        for (int column = 0; column < columns; column++)
        {
            double raw = 0, sum = 0, squares = 0;
            long known = 0;
            foreach (RankingList list in lists)
            {
                for (int i = 0; i < list.Count; i++)
                {
                    float x = list.Raw[(i * columns) + column];
                    if (float.IsNaN(x))
                        continue;
                    double z = Transform(column, x);
                    (raw, sum, squares, known) = (raw + x, sum + z, squares + (z * z), known + 1);
                }
            }

            if (known == 0)
                continue;
            missing[column] = (float)(raw / known);
            mean[column] = (float)(sum / known);
            double deviation = Math.Sqrt(Math.Max((squares / known) - (sum / known * (sum / known)), 0));
            scale[column] = deviation < LeastDeviation ? 0 : (float)(1 / deviation);
        }

        return new RankerInputs(missing, mean, scale);
    }

    /// <summary>The inputs of the candidates of a list.</summary>
    public float[] Apply(RankingList list)
    {
        int columns = Columns.Length;
        float[] inputs = new float[list.Count * columns];
        for (int i = 0; i < inputs.Length; i++)
        {
            int column = i % columns;
            float x = float.IsNaN(list.Raw[i]) ? Missing[column] : list.Raw[i];
            inputs[i] = (Transform(column, x) - Mean[column]) * Scale[column];
        }

        return inputs;
    }

    private static float Transform(int column, float x) => Columns[column].LogFactor is > 0 and var factor ? MathF.Log(1 + (factor * MathF.Max(x, 0))) : x;
}
