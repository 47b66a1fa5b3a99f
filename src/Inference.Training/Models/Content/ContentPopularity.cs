using Inference.Training.Features;
using Inference.Training.Splits;

namespace Inference.Training.Models;

/// <summary>How popular an item should be by its content: the mean of the training users of the catalogue's items most like it, weighted by cosine. The same for everyone.</summary>
public sealed class ContentPopularity : RankingModel
{
    private const int DefaultNeighbours = 20;
    private readonly double[] _expected;

    private ContentPopularity(double[] expected) => _expected = expected;

    public override string Name => "content_popularity";

    public override bool ScoresColdItems => true;

    /// <param name="split">For the training users of items.</param>
    /// <param name="traits">Content of all items.</param>
    /// <param name="neighbours">Items that are asked, at least 1; the item itself is none of them.</param>
    public static ContentPopularity Fit(ColdSplit split, ItemTraits traits, int neighbours = DefaultNeighbours)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(neighbours, 1);
        int catalogue = split.Items.TrainingCount;
        double[] expected = new double[traits.Count];
        Parallel.For(0, traits.Count, () => (Profile: new double[traits.TermCount], Cosines: new double[catalogue], Order: new int[catalogue]), (item, _, scratch) =>
        {
            ReadOnlySpan<int> terms = traits.Terms[item];
            int first = traits.Terms.Offsets[item];
            for (int i = 0; i < terms.Length; i++)
                scratch.Profile[terms[i]] = traits.TermWeights[first + i];
            for (int other = 0; other < catalogue; other++)
            {
                scratch.Cosines[other] = other == item ? 1 : -ContentProduct.Dot(traits, other, scratch.Profile);
                scratch.Order[other] = other;
            }

            foreach (int term in terms)
                scratch.Profile[term] = 0;
            Array.Sort(scratch.Cosines, scratch.Order);
            double sum = 0, weights = 0;
            for (int i = 0; i < Math.Min(neighbours, catalogue); i++)
            {
                double weight = Math.Max(0, -scratch.Cosines[i]) + 1e-9;
                sum += weight * split.Items.TrainingUsers[scratch.Order[i]];
                weights += weight;
            }

            expected[item] = weights > 0 ? sum / weights : 0;
            return scratch;
        }, static _ => { });
        return new ContentPopularity(expected);
    }

    public override void Score(in RankingInput user, Span<double> scores) => _expected.AsSpan(0, scores.Length).CopyTo(scores);
}
