namespace Inference.Training.Models;

/// <summary>A model that is shown only the latest items of a history: what users did long ago can mislead.</summary>
/// <param name="inner">The model.</param>
/// <param name="last">Items that it is shown, at least 1.</param>
public sealed class RecentHistory(RankingModel inner, int last) : RankingModel
{
    public override string Name => inner.Name;

    public override bool ScoresColdItems => inner.ScoresColdItems;

    /// <summary>The model behind the cut.</summary>
    public RankingModel Inner => inner;

    /// <summary>Wraps a model where there is something to cut.</summary>
    /// <param name="model">The model.</param>
    /// <param name="last">Items that it is shown; null for all.</param>
    public static RankingModel Of(RankingModel model, int? last) => last is int items ? new RecentHistory(model, items) : model;

    public override void Score(in RankingInput user, Span<double> scores) =>
        inner.Score(user.History.Length <= last ? user : user with { History = user.History[^last..] }, scores);
}
