using Inference.Training.Models;

namespace UnitTests.Training.Evaluation;

/// <summary>A model that knows the scores of each user by heart.</summary>
internal sealed class TableModel(string name, double[][] scoresByUser, bool scoresColdItems = false) : RankingModel
{
    public override string Name => name;

    public override bool ScoresColdItems => scoresColdItems;

    public override void Score(in RankingInput user, Span<double> scores) => scoresByUser[user.User].AsSpan(0, scores.Length).CopyTo(scores);
}
