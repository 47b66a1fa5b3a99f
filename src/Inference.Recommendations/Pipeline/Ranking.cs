using Inference.Recommendations.Queries;
using Inference.Recommendations.Snapshots;

namespace Inference.Recommendations.Pipeline;

/// <summary>The last step of a request: the slate as items with propensities and, where asked for, reasons.</summary>
internal static class Ranking
{
    public static RecommendedItem[] Items(Snapshot snapshot, Slate slate, Reasons? reasons)
    {
        var items = new RecommendedItem[slate.Count];
        ReadOnlySpan<Slate.Place> places = slate.Places;
        for (int i = 0; i < places.Length; i++)
        {
            Slate.Place place = places[i];
            items[i] = new RecommendedItem(snapshot.Items.IdOf(place.Row), place.Score, place.Source, place.Propensity, reasons?.For(place), place.Type)
            {
                Parts = slate.Parts?.Of(place.Row),
                Adjustments = AdjustmentsOf(slate, place),
            };
        }

        return items;
    }

    /// <summary>What moved the item of a place. Who does not ask for explanations is told of pins and boosts, which somebody answers for.</summary>
    private static IReadOnlyList<Adjustment>? AdjustmentsOf(Slate slate, in Slate.Place place)
    {
        if (slate.Adjustments is null && place.LiftedFrom == 0)
            return null;
        IReadOnlyList<Adjustment> noted = slate.Adjustments?.Of(place.Row) ?? [];
        if (slate.Parts is null)
        {
            int stated = 0;
            for (int i = 0; i < noted.Count; i++)
                stated += noted[i].IsAlwaysStated ? 1 : 0;
            return stated == 0 ? null : stated == noted.Count ? noted : StatedOf(noted, stated);
        }

        if (place.LiftedFrom > 0)
            return [.. noted, new Adjustment(AdjustmentKind.Floor, "", 0, place.LiftedFrom)];
        return noted.Count == 0 ? null : noted;
    }

    private static Adjustment[] StatedOf(IReadOnlyList<Adjustment> noted, int count)
    {
        var stated = new Adjustment[count];
        int next = 0;
        for (int i = 0; i < noted.Count; i++)
        {
            if (noted[i].IsAlwaysStated)
                stated[next++] = noted[i];
        }

        return stated;
    }
}
