using Inference.Training.Features;
using Inference.Training.Splits;

namespace Inference.Training.Evaluation.Sessions;

/// <summary>Somebody whose session is simulated.</summary>
/// <param name="Id">Id of the user.</param>
/// <param name="Context">Place in the contexts; -1 where nothing is known.</param>
/// <param name="Relevant">Items of the training catalogue that the user clicks when they are shown: all that are held out.</param>
public readonly record struct SessionUser(string Id, int Context, ReadOnlyMemory<int> Relevant)
{
    /// <summary>The unseen users of a part. What a few-shot question would tell of them (support) is held out as well: a session begins with nothing.</summary>
    public static IReadOnlyList<SessionUser> All(ColdSplit split, EvaluationPart part, UserContexts? contexts)
    {
        FewShotUsers few = part == EvaluationPart.Test ? split.Test : split.Validation;
        var users = new SessionUser[few.Count];
        for (int row = 0; row < users.Length; row++)
            users[row] = new SessionUser(few.UserIds[row], contexts?.Find(few.UserIds[row]) ?? -1, (int[])[.. few.Support[row], .. few.Targets[row]]);
        return users;
    }
}
