using Google.Protobuf;
using Google.Protobuf.Collections;
using Recsys.V1;

namespace Inference.Server.Requests;

/// <summary>
/// Keeps what explains a response within its bytes.
/// <list type="number">
/// <item>Pins and boosts are stated in any case, and so is how many explanations are missing.</item>
/// <item>Then comes the report, then items from the first on: reason, score parts and adjustments, all of an item or nothing. Behind the first that does not fit none has any, so the lowest places lose theirs first.</item>
/// </list>
/// Sizes are those on the wire, by the messages that are sent.
/// </summary>
internal static class ExplanationBudget
{
    /// <summary>Most that a request may ask for.</summary>
    public const int MostBytes = 1 << 20;

    /// <summary>Takes out what does not fit.</summary>
    /// <returns>The report, or what is left of it.</returns>
    public static SlateReport Apply(RepeatedField<RecommendedItem> items, SlateReport report, int bytes)
    {
        // The number of those that are left out is at most this long.
        report.ExplanationsLeftOut = items.Count;
        long left = bytes - SizeWithTag(report);
        for (int i = 0; i < items.Count; i++)
            left -= StatedSize(items[i].Adjustments);
        if (left < 0)
        {
            left += SizeWithTag(report);
            report = new SlateReport { ExplanationsLeftOut = items.Count };
            left -= SizeWithTag(report);
        }

        int kept = 0;
        for (; kept < items.Count; kept++)
        {
            RecommendedItem item = items[kept];
            int size = SizeOf(item) - StatedSize(item.Adjustments);
            if (size > left)
                break;
            left -= size;
        }

        for (int i = kept; i < items.Count; i++)
            TakeOut(items[i]);
        report.ExplanationsLeftOut = items.Count - kept;
        return report;
    }

    /// <summary>Bytes of all that explains an item.</summary>
    public static int SizeOf(RecommendedItem item)
    {
        int size = item.Reason is null ? 0 : SizeWithTag(item.Reason);
        for (int i = 0; i < item.Parts.Count; i++)
            size += SizeWithTag(item.Parts[i]);
        for (int i = 0; i < item.Adjustments.Count; i++)
            size += SizeWithTag(item.Adjustments[i]);
        return size;
    }

    private static int StatedSize(RepeatedField<Adjustment> adjustments)
    {
        int size = 0;
        for (int i = 0; i < adjustments.Count; i++)
            size += IsAlwaysStated(adjustments[i]) ? SizeWithTag(adjustments[i]) : 0;
        return size;
    }

    private static void TakeOut(RecommendedItem item)
    {
        item.Reason = null;
        item.Parts.Clear();
        for (int i = item.Adjustments.Count - 1; i >= 0; i--)
        {
            if (!IsAlwaysStated(item.Adjustments[i]))
                item.Adjustments.RemoveAt(i);
        }
    }

    private static bool IsAlwaysStated(Adjustment adjustment) => adjustment.Kind is AdjustmentKind.Pinned or AdjustmentKind.Boosted;

    /// <summary>A message as a field of another, whose number is below 16.</summary>
    private static int SizeWithTag(IMessage message) => 1 + CodedOutputStream.ComputeMessageSize(message);
}
