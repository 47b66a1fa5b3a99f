using System.Text;
using Inference.Recommendations.Decisions;
using Inference.Recommendations.Exploration;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Users;
using Inference.Storage.Decisions;
using Inference.Training.OffPolicy;

namespace UnitTests.Training.OffPolicy;

/// <summary>Logs that tests write down themselves, by the code that servers write them with.</summary>
internal static class TestLog
{
    public static DateTimeOffset Start { get; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>What no floor refuses.</summary>
    public static ReplayOptions Lenient { get; } = new() { LeastEffective = 0, LeastRewarded = 0, LeastClusters = 0, MostUnsupported = 1 };

    public static TargetPolicy Policy(string text) => TargetPolicy.TryParse(text, out TargetPolicy? policy, out string? problem) ? policy : throw new ArgumentException(problem);

    /// <summary>A decision with a draw for each chosen place; the pools have the items a, b, … with descending scores.</summary>
    public static Decision Decision(string request, string policy, int pool, params int[] chosen)
    {
        TargetPolicy logged = Policy(policy);
        var items = new PoolItem[pool];
        for (int i = 0; i < pool; i++)
            items[i] = new PoolItem(i, pool == 1 ? 0 : 1 - (2f * i / (pool - 1)), 0, 0);
        var probabilities = new double[pool];
        logged.Settings.ToRule().Weigh(items, 0.05, probabilities);
        Choice[] choices =
        [
            .. chosen.Select((place, draw) => new Choice(
                draw + 1, SlotType.Explore, place, [.. items.Select((item, i) => new ChoiceItem($"{(char)('a' + i)}{draw}", item.Score, 0, 0, probabilities[i]))], 0.05, logged.Settings)),
        ];
        return new Decision(
            request, Start, new UserKey(1, (ulong)request.GetHashCode(StringComparison.Ordinal)), "m/1", Rung.UserTower, 0, logged.Settings.Policy,
            [.. choices.Select(choice => new DecidedSlot(choice.Items[choice.Chosen].ItemId, SlotType.Explore, 1, choice.Items[choice.Chosen].Probability))], choices);
    }

    /// <summary>A click on the item of a draw of a decision.</summary>
    public static UserEvent Click(Decision decision, int draw = 0, string? id = null, TimeSpan? after = null, int? slot = null, InteractionType type = InteractionType.Click, double value = 0)
    {
        Choice choice = decision.Choices[draw];
        return new UserEvent(
            id ?? $"{type} {decision.RequestId} {draw}", new UserIdentity(decision.User), choice.Items[choice.Chosen].ItemId, type, decision.Time + (after ?? TimeSpan.FromSeconds(10)),
            decision.RequestId, slot ?? choice.Slot, value);
    }

    public static byte[] Lines(params object[] entries)
    {
        using var lines = new DecisionLines(withUsers: true);
        foreach (object entry in entries)
        {
            if (entry is Decision decision)
                lines.Append(decision);
            else
                lines.Append((UserEvent)entry);
        }

        return lines.Bytes.ToArray();
    }

    public static ReplayLog Read(ReplayOptions options, string[] targets, params object[] entries)
    {
        var log = new ReplayLog(targets.Select(Policy), options);
        foreach (object entry in entries)
            log.Add(entry is string text ? Encoding.UTF8.GetBytes(text) : Lines(entry).AsSpan()[..^1]);
        log.Close();
        return log;
    }
}
