using Inference.Training.Evaluation.Entrants;
using Inference.Training.Fused;
using Inference.Training.Models;

namespace Inference.Training.Evaluation.Sessions;

/// <summary>Plays the sessions of a part with a bundle as it serves, and with what it has to be better than.</summary>
public static class SessionRun
{
    /// <summary>What the others are held against: the most popular items, page by page.</summary>
    public const string Popularity = "popularity_static";

    /// <param name="inputs">The data.</param>
    /// <param name="part">Whose users are played.</param>
    /// <param name="bundle">Scores as the server does; null for the baselines alone.</param>
    /// <param name="options">How.</param>
    /// <param name="begin">Begins a step, ending the one before; its progress goes from 0 to 1.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="InvalidDataException">The part has no unseen users.</exception>
    public static SessionReport Run(
        EvaluationInputs inputs, EvaluationPart part, BundleRanking? bundle, SessionOptions options, Func<string, IProgress<double>> begin, CancellationToken cancellationToken)
    {
        IReadOnlyList<SessionUser> users = SessionUser.All(inputs.Split, part, inputs.Contexts);
        if (users.Count == 0)
            throw new InvalidDataException("The part has no unseen users: no session can be played.");
        var results = new List<SessionResult>();
        foreach (SessionPolicy policy in PoliciesOf(inputs, bundle, options.Seed))
            results.Add(SessionSimulation.Play(policy, users, inputs.Split.Items.TrainingCount, options, begin($"sessions: {policy.Name}"), cancellationToken));
        IReadOnlyList<NewItemResult> newItems = bundle is null ? [] : NewItemSimulation.Play(inputs, part, bundle, options, begin, cancellationToken);
        return SessionReport.Of(part, options, results, newItems);
    }

    private static IEnumerable<SessionPolicy> PoliciesOf(EvaluationInputs inputs, BundleRanking? bundle, ulong seed)
    {
        yield return new SessionPolicy(Popularity, PopularityModel.Fit(inputs.Split)) { Description = "the most popular items, page by page", Learns = false };
        yield return new SessionPolicy("random", new RandomModel(seed)) { Description = "chance", Learns = false };
        if (bundle is null)
            yield break;
        yield return new SessionPolicy($"{bundle.Name}_static", bundle) { Description = "as served from the context alone, asked once", Learns = false };
        yield return new SessionPolicy($"{bundle.Name}_without_skips", bundle) { Description = "as served, told of clicks alone", ReadsSkips = false };
        yield return new SessionPolicy(bundle.Name, bundle) { Description = "as served, the best items of each page" };
        yield return new SessionPolicy($"{bundle.Name}_1_explore_slot", bundle) { Description = "as served, the last slot of each page drawn from the next best", DrawsLastSlot = true };
    }
}
