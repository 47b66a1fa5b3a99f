using System.Globalization;
using Inference.Training.Chance;
using Inference.Training.Features;
using Inference.Training.Models;
using Inference.Training.Splits;

namespace Inference.Training.Evaluation;

/// <summary>Makes the scenarios of the protocol "coldsplit-v1" from a split.</summary>
public static class Scenarios
{
    public const string UnseenUser = "unseen_user";
    public const string Warm = "warm";
    public const string ColdOnly = "cold_only";
    public const string AllItems = "all_items";

    /// <summary>The most users of <see cref="AllItems"/>, and the seed of numpy that chooses them.</summary>
    public const int MostUsersOfAllItems = 1_500;

    /// <summary>What tuning on the validation part makes do with.</summary>
    public const int MostUsersOfWarmTuning = 1_000;

    /// <summary>The same, of unseen users.</summary>
    public const int MostUsersOfFewShotTuning = 1_000;

    private const uint SeedOfWarmTuning = 1;
    private const uint SeedOfAllItems = 2;
    private const uint SeedOfFewShotTuning = 3;

    /// <summary>"unseen_user" for 0 shots, else "few_1", "few_3" and so on.</summary>
    public static string NameOfShots(int shots) => shots == 0 ? UnseenUser : string.Create(CultureInfo.InvariantCulture, $"few_{shots}");

    /// <summary>All scenarios that the split has users for: unseen user, few shots, warm, unseen items.</summary>
    /// <param name="split">The data.</param>
    /// <param name="part">Which part of it.</param>
    /// <param name="contexts">What is known of users beside their events; without it, all users are unknown.</param>
    public static IReadOnlyList<Scenario> All(ColdSplit split, EvaluationPart part, UserContexts? contexts)
    {
        var all = new List<Scenario>();
        foreach (int shots in FewShotUsers.Shots)
            all.Add(FewShots(split, part, shots, contexts));
        all.Add(WarmUsers(split, part, contexts));
        if (ColdRange(split, part) is { End: > 0 })
        {
            all.Add(UnseenItems(split, part, contexts, amongAll: false));
            all.Add(UnseenItems(split, part, contexts, amongAll: true, MostUsersOfAllItems));
        }

        return [.. all.Where(scenario => scenario.Users.Count > 0)];
    }

    /// <summary>Unseen users of whom the model is shown the first <paramref name="shots"/> events. Candidates are the catalogue without all ten support items, however many are shown.</summary>
    /// <param name="mostUsers">A sample of so many users at most, in their order and the same for all shots; for tuning.</param>
    public static Scenario FewShots(ColdSplit split, EvaluationPart part, int shots, UserContexts? contexts = null, int? mostUsers = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(shots);
        FewShotUsers few = part == EvaluationPart.Test ? split.Test : split.Validation;
        int[] rows = Sample([.. Enumerable.Range(0, few.Count)], mostUsers, SeedOfFewShotTuning);
        var users = new List<ScenarioUser>(rows.Length);
        foreach (int row in rows)
        {
            ReadOnlyMemory<int> support = few.Support.Slice(row);
            users.Add(new ScenarioUser(
                few.UserIds[row], new RankingInput(support[..Math.Min(shots, support.Length)], PlaceOf(contexts, few.UserIds[row])), support, few.Targets.Slice(row)));
        }

        return new Scenario(NameOfShots(shots), part, Catalogue(split), users) { Kind = shots == 0 ? ScenarioKind.UnseenUser : ScenarioKind.FewShots };
    }

    /// <summary>Training users and what they touched later, of the catalogue. When testing, the validation part belongs to what is known of them.</summary>
    /// <param name="mostUsers">A sample of so many users at most, in their order; for tuning.</param>
    public static Scenario WarmUsers(ColdSplit split, EvaluationPart part, UserContexts? contexts = null, int? mostUsers = null)
    {
        RowLists targets = part == EvaluationPart.Test ? split.WarmTest : split.WarmValidation;
        return new Scenario(Warm, part, Catalogue(split), TrainingUsers(split, part, contexts, targets, mostUsers, SeedOfWarmTuning)) { Kind = ScenarioKind.Warm };
    }

    /// <summary>Training users and items that appeared after training.</summary>
    /// <param name="amongAll">Rank the cold items among the whole catalogue, and not only among themselves.</param>
    /// <param name="mostUsers">A sample of so many users at most, in their order.</param>
    /// <exception cref="ArgumentException">The part has no cold items.</exception>
    public static Scenario UnseenItems(ColdSplit split, EvaluationPart part, UserContexts? contexts = null, bool amongAll = false, int? mostUsers = null)
    {
        (int Start, int End) cold = ColdRange(split, part) ?? throw new ArgumentException("The part has no cold items.", nameof(part));
        RowLists targets = part == EvaluationPart.Test ? split.ColdItemsTest : split.ColdItemsValidation;
        var candidates = amongAll
            ? new CandidateItems(split.Items.Count, (0, split.Items.TrainingCount), cold)
            : new CandidateItems(split.Items.Count, cold);
        return new Scenario(amongAll ? AllItems : ColdOnly, part, candidates, TrainingUsers(split, part, contexts, targets, mostUsers, SeedOfAllItems)) { Kind = ScenarioKind.UnseenItems };
    }

    private static IEnumerable<ScenarioUser> TrainingUsers(ColdSplit split, EvaluationPart part, UserContexts? contexts, RowLists targets, int? mostUsers, uint seed)
    {
        foreach (int row in Sample([.. Enumerable.Range(0, targets.Count).Where(row => targets[row].Length > 0)], mostUsers, seed))
        {
            ReadOnlyMemory<int> history = split.Training.Slice(row);
            if (part == EvaluationPart.Test && split.WarmValidation.Count > row && split.WarmValidation[row].Length > 0)
                history = (int[])[.. history.Span, .. split.WarmValidation[row]];
            yield return new ScenarioUser(split.TrainingUserIds[row], new RankingInput(history, PlaceOf(contexts, split.TrainingUserIds[row])), history, targets.Slice(row));
        }
    }

    /// <summary>All rows, or so many of them, in their order.</summary>
    private static int[] Sample(int[] rows, int? mostUsers, uint seed)
    {
        if (mostUsers is not { } most || rows.Length <= most)
            return rows;
        int[] places = new NumpyRandom(seed).Permutation(rows.Length)[..most];
        Array.Sort(places);
        return [.. places.Select(place => rows[place])];
    }

    private static CandidateItems Catalogue(ColdSplit split) => new(split.Items.TrainingCount, (0, split.Items.TrainingCount));

    private static (int Start, int End)? ColdRange(ColdSplit split, EvaluationPart part)
    {
        (int offset, int length) = (part == EvaluationPart.Test ? split.Items.ColdTest : split.Items.ColdValidation).GetOffsetAndLength(split.Items.Count);
        return length == 0 ? null : (offset, offset + length);
    }

    private static int PlaceOf(UserContexts? contexts, string userId) => contexts?.Find(userId) ?? -1;
}
