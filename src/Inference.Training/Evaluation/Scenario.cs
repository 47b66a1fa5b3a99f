namespace Inference.Training.Evaluation;

/// <summary>One question put to a model: these users, these candidates, these targets.</summary>
public sealed class Scenario
{
    /// <param name="name">As reports call it, for example "few_3".</param>
    /// <param name="part">The part of the split that it is made of.</param>
    /// <param name="candidates">What is ranked.</param>
    /// <param name="users">Who is asked for; users without a target among the candidates are left out and counted.</param>
    public Scenario(string name, EvaluationPart part, CandidateItems candidates, IEnumerable<ScenarioUser> users)
    {
        Name = name;
        Part = part;
        Candidates = candidates;
        var kept = new List<ScenarioUser>();
        foreach (ScenarioUser user in users)
        {
            if (HasTarget(user, candidates))
                kept.Add(user);
            else
                Skipped++;
        }

        Users = kept;
    }

    public string Name { get; }

    public EvaluationPart Part { get; }

    public CandidateItems Candidates { get; }

    public IReadOnlyList<ScenarioUser> Users { get; }

    /// <summary>Users that were left out, for they have no target.</summary>
    public int Skipped { get; }

    /// <summary>Which kind of question it is.</summary>
    public ScenarioKind Kind { get; init; }

    /// <summary>Whether a model must score items of which training has no event.</summary>
    public bool NeedsColdItems => Kind == ScenarioKind.UnseenItems;

    private static bool HasTarget(in ScenarioUser user, CandidateItems candidates)
    {
        foreach (int item in user.Targets.Span)
        {
            if (candidates.Contains(item))
                return true;
        }

        return false;
    }
}
