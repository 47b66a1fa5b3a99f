using Inference.Training.Features;
using Inference.Training.Linear;
using Inference.Training.Splits;

namespace Inference.Training.Models;

/// <summary>
/// How popular an item should be by its content: the mean of the training users of the catalogue's items most like it, weighted by cosine. The same for everyone.
/// <list type="number">
/// <item>Find the items most like it (<see cref="ContentNeighbours"/>).</item>
/// <item>Take the mean of their users. An item that shares no term with any gets the mean of the catalogue.</item>
/// </list>
/// </summary>
public sealed class ContentPopularity : RankingModel
{
    private const int DefaultNeighbours = 20;

    /// <summary>Catalogues up to so many items are looked through whole; in larger ones the time grows with the items, and not with their square.</summary>
    private const int MostCandidates = 5_000;

    private readonly double[] _expected;

    private ContentPopularity(double[] expected) => _expected = expected;

    public override string Name => "content_popularity";

    public override bool ScoresColdItems => true;

    /// <param name="split">For the training users of items.</param>
    /// <param name="traits">Content of all items.</param>
    /// <param name="neighbours">Items that are asked, at least 1; the item itself is none of them.</param>
    public static ContentPopularity Fit(ColdSplit split, ItemTraits traits, int neighbours = DefaultNeighbours) => Fit(split, traits, neighbours, MostCandidates);

    internal static ContentPopularity Fit(ColdSplit split, ItemTraits traits, int neighbours, int mostCandidates)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(neighbours, 1);
        int catalogue = split.Items.TrainingCount;
        double mean = 0;
        for (int item = 0; item < catalogue; item++)
            mean += (double)split.Items.TrainingUsers[item] / catalogue;
        RowLists byTerm = ItemUsers.Of(traits.Terms, traits.TermCount).Users;
        double[] expected = new double[traits.Count];
        Parallel.For(0, traits.Count, () => new ContentNeighbours(traits, byTerm, catalogue, neighbours, mostCandidates), (item, _, nearest) =>
        {
            nearest.Find(item);
            double sum = 0, weights = 0;
            for (int i = 0; i < nearest.Count; i++)
            {
                sum += nearest.Cosines[i] * split.Items.TrainingUsers[nearest.Items[i]];
                weights += nearest.Cosines[i];
            }

            expected[item] = weights > 0 ? sum / weights : mean;
            return nearest;
        }, static _ => { });
        return new ContentPopularity(expected);
    }

    public override void Score(in RankingInput user, Span<double> scores) => _expected.AsSpan(0, scores.Length).CopyTo(scores);
}
