using Inference.Training.Features;

namespace Inference.Training.Models;

/// <summary>Scores items by their content's likeness to that of the history: the sum of cosines with its latest items. Knows items that nobody touched yet.</summary>
/// <param name="traits">Content of all items.</param>
/// <param name="last">Items of the history that count, at least 1.</param>
public sealed class ContentKnn(ItemTraits traits, int last) : RankingModel
{
    public override string Name => "content_knn";

    public override bool ScoresColdItems => true;

    public override void Score(in RankingInput user, Span<double> scores)
    {
        ReadOnlySpan<int> history = user.History.Span;
        double[] profile = new double[traits.TermCount];
        foreach (int item in history[Math.Max(0, history.Length - last)..])
        {
            int first = traits.Terms.Offsets[item];
            ReadOnlySpan<int> terms = traits.Terms[item];
            for (int i = 0; i < terms.Length; i++)
                profile[terms[i]] += traits.TermWeights[first + i];
        }

        for (int item = 0; item < scores.Length; item++)
            scores[item] = ContentProduct.Dot(traits, item, profile);
    }
}
