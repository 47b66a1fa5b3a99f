namespace Inference.Training.Models;

/// <summary>A model whose score is the sum of a matrix's rows over the history.</summary>
/// <param name="weights">History items × candidates.</param>
public abstract class ItemItemModel(ItemItemMatrix weights) : RankingModel
{
    public ItemItemMatrix Weights => weights;

    public override void Score(in RankingInput user, Span<double> scores)
    {
        scores.Clear();
        foreach (int item in user.History.Span)
            weights.AddRow(item, 1, scores);
    }
}
