using ChaosTests.Load;
using ChaosTests.Server;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Users;
using RedisRig;

namespace ChaosTests.Scenarios;

/// <summary>Compares histories with the model: what a server that has just started finds in Redis, and what the server under test holds.</summary>
internal static class HistoryAudit
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(15);

    /// <returns>A line for each user whose history is wrong.</returns>
    public static async Task<IReadOnlyList<string>> DifferencesAsync(
        ChaosServer tested, ChaosServer witness, EventLedger ledger, Kept kept, ChaosMoment moment)
    {
        var differences = new List<string>();
        if (kept == Kept.TheStream)
            return differences;
        HashSet<ulong> sent = [.. ledger.Sent.Select(KeyOf)];
        foreach (IGrouping<string, ConfirmedEvent> user in ledger.Confirmed.GroupBy(static one => one.Event.UserId))
        {
            UserLookup stored = await FreshAsync(witness, user.Key);
            var found = new HashSet<ulong>();
            foreach (Interaction interaction in stored.State?.Interactions ?? [])
            {
                if (!found.Add(interaction.EventKey))
                    differences.Add($"{user.Key}: event key {interaction.EventKey:x} twice");
            }

            foreach (ConfirmedEvent one in user)
            {
                if (!found.Remove(KeyOf(one.Event.EventId)) && moment.MustBeInStream(kept, one))
                    differences.Add($"{user.Key}: {one.Event.EventId} missing");
            }

            found.ExceptWith(sent);
            if (found.Count > 0)
                differences.Add($"{user.Key}: {found.Count} interactions that nobody recorded");
            if (kept == Kept.Everything && !await AgreeAsync(tested, stored, user.Key))
                differences.Add($"{user.Key}: the replicas' histories differ");
        }

        return differences;
    }

    private static async Task<bool> AgreeAsync(ChaosServer tested, UserLookup stored, string user)
    {
        UserLookup held = await FreshAsync(tested, user);
        return held.State is { } a && stored.State is { } b && a.Stamp == b.Stamp && a.History.SequenceEqual(b.History);
    }

    /// <summary>The state as the store has it; asks again where the store is late, or not connected yet.</summary>
    private static async Task<UserLookup> FreshAsync(ChaosServer server, string user)
    {
        UserLookup found = default;
        await Until.TrueAsync(
            async () =>
            {
                found = await server.FindAsync(user);
                return found.Failure == StoreFailure.None;
            },
            s_patience,
            () => $"The state of {user} cannot be read: {found.Failure}.\n{server.Log}");
        return found;
    }

    private static ulong KeyOf(string eventId) => new UserEvent(eventId, default, "item", InteractionType.Click, default).EventKey;
}
