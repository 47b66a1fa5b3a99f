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
            items[i] = new RecommendedItem(snapshot.Items.IdOf(place.Row), place.Score, place.Source, place.Propensity, reasons?.For(place), place.Type);
        }

        return items;
    }
}
