namespace Inference.Training.Models;

/// <summary>One model for users of whom nothing was seen, another for all others.</summary>
/// <param name="name">As reports call it.</param>
/// <param name="unseen">For empty histories.</param>
/// <param name="seen">For the others.</param>
public sealed class ByHistory(string name, RankingModel unseen, RankingModel seen) : RankingModel
{
    public override string Name => name;

    public override bool ScoresColdItems => unseen.ScoresColdItems && seen.ScoresColdItems;

    public override void Score(in RankingInput user, Span<double> scores) => (user.History.IsEmpty ? unseen : seen).Score(user, scores);
}
