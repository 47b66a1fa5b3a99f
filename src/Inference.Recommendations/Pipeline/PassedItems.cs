using Inference.Recommendations.Snapshots;
using Inference.Recommendations.Users;

namespace Inference.Recommendations.Pipeline;

/// <summary>What a user was surely shown and passed over, newest first, with a strength that halves with time. Whether an item was touched after all is for whoever knows the history.</summary>
internal static class PassedItems
{
    /// <summary>Skips that count, at most.</summary>
    public const int Most = 200;

    /// <summary>What has faded below this says nothing any more.</summary>
    private const float Negligible = 0.01f;

    /// <summary>Whether anything was passed over.</summary>
    public static bool IsAny(UserState? state)
    {
        if (state is null)
            return false;
        for (int i = state.Interactions.Count - 1; i >= 0; i--)
        {
            if (state.Interactions[i].Type == InteractionType.Skip)
                return true;
        }

        return false;
    }

    /// <summary>Finds the rows.</summary>
    /// <param name="state">What is known of the user; interactions are latest last.</param>
    /// <param name="items">The catalogue that rows are of.</param>
    /// <param name="now">When it is asked for.</param>
    /// <param name="halfLife">After which a skip counts half.</param>
    /// <param name="rows">Receives rows; one may be there twice.</param>
    /// <param name="strengths">Receives how much each counts, 0 to 1.</param>
    /// <returns>How many there are.</returns>
    public static int Find(UserState? state, ItemCatalogue items, DateTimeOffset now, TimeSpan halfLife, Span<int> rows, Span<float> strengths)
    {
        if (state is null)
            return 0;
        int count = 0;
        IReadOnlyList<Interaction> interactions = state.Interactions;
        for (int i = interactions.Count - 1; i >= 0 && count < rows.Length; i--)
        {
            Interaction interaction = interactions[i];
            if (interaction.Type != InteractionType.Skip)
                continue;
            float strength = StrengthAfter(now - interaction.Time, halfLife);
            if (strength < Negligible)
                break;
            if (!items.TryGetRow(interaction.ItemId, out int row))
                continue;
            rows[count] = row;
            strengths[count++] = strength;
        }

        return count;
    }

    private static float StrengthAfter(TimeSpan age, TimeSpan halfLife) => age <= TimeSpan.Zero ? 1f : (float)double.Exp2(-age / halfLife);
}
