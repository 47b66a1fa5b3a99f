using Inference.Recommendations.Exploration;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Snapshots;

namespace Inference.Recommendations.Decisions;

/// <summary>Writes draws down.</summary>
internal static class Choices
{
    public static Choice Of(
        ItemCatalogue items, int slot, SlotType type, int chosen, ReadOnlySpan<PoolItem> pool, ReadOnlySpan<double> probabilities, double rate, ChoiceSettings settings)
    {
        var listed = new ChoiceItem[pool.Length];
        for (int i = 0; i < listed.Length; i++)
            listed[i] = new ChoiceItem(items.IdOf(pool[i].Row), pool[i].Score, pool[i].Shown, pool[i].Clicked, probabilities[i]);
        return new Choice(slot, type, chosen, listed, rate, settings);
    }
}
