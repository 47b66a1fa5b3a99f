using System.Globalization;
using Google.Protobuf.Collections;
using Inference.Cli.Frame;
using Recsys.V1;
using Spectre.Console;

namespace Inference.Cli.Client;

/// <summary>Shows a slate as a table.</summary>
internal static class SlateView
{
    public static void Table(CommandHost host, RepeatedField<RecommendedItem> items, Rung servedBy, RepeatedField<Degradation> degraded, string modelVersion, string spaceId, string requestId, bool explained,
        SlateReport? report = null)
    {
        var table = new Table().Border(TableBorder.Rounded);
        table.AddColumn(new TableColumn("rank").RightAligned());
        table.AddColumn("item");
        table.AddColumn(new TableColumn("score").RightAligned());
        table.AddColumn("source");
        bool isByChance = explained || items.Any(item => item.SlotType is SlotType.Explore or SlotType.NewItem);
        if (isByChance)
        {
            table.AddColumn("slot");
            table.AddColumn(new TableColumn("propensity").RightAligned());
        }

        if (explained)
        {
            table.AddColumn(new TableColumn("profile").RightAligned());
            table.AddColumn(new TableColumn("rule").RightAligned());
            table.AddColumn("reason");
            table.AddColumn("parts");
        }

        bool isMoved = items.Any(item => item.Adjustments.Count > 0);
        if (isMoved)
            table.AddColumn("moved");

        foreach (RecommendedItem item in items)
        {
            string[] cells =
            [
                item.Rank.ToString(CultureInfo.InvariantCulture),
                item.ItemId,
                item.Score.ToString("G5", CultureInfo.InvariantCulture),
                item.Source,
                .. isByChance ? [NameOf(item.SlotType), item.Propensity.ToString("0.####", CultureInfo.InvariantCulture)] : (string[])[],
                .. explained ? Explanation(item) : [],
                .. isMoved ? [ExplanationView.Moved(item)] : (string[])[],
            ];
            table.AddRow(cells.Select(cell => new Text(cell)));
        }

        host.Console.Write(table);
        host.Output.WriteLine($"served by {NameOf(servedBy)} · model {modelVersion} · space {spaceId} · request {requestId}");
        ExplanationView.Report(host, report);
        foreach (Degradation degradation in degraded)
            host.Output.WriteLine($"degraded: {degradation.Component} {NameOf(degradation.Reason)}: {degradation.Detail}");
    }

    /// <summary>Weight of the profile, confidence and lift of the rule, the sentence, and what the score is made of.</summary>
    private static string[] Explanation(RecommendedItem item)
    {
        Reason reason = item.Reason ?? new Reason();
        return
        [
            reason.ProfileWeight > 0 ? reason.ProfileWeight.ToString("0.00", CultureInfo.InvariantCulture) : "",
            reason.Confidence > 0 ? string.Create(CultureInfo.InvariantCulture, $"{reason.Confidence:0.00}, lift {reason.Lift:0.0}") : "",
            reason.Text,
            ExplanationView.Parts(item),
        ];
    }

    /// <summary>The name that the contract gives a rung, in lower case without its prefix: "user_tower".</summary>
    public static string NameOf(Rung rung) => Words(rung.ToString());

    /// <summary>Likewise: "unknown_items".</summary>
    public static string NameOf(DegradationReason reason) => Words(reason.ToString());

    /// <summary>Likewise: "new_item".</summary>
    public static string NameOf(SlotType type) => Words(type.ToString());

    /// <summary>Likewise: "epsilon_greedy".</summary>
    public static string NameOf(ExplorationPolicy policy) => Words(policy.ToString());

    private static string Words(string pascal) => string.Concat(pascal.Select((c, i) => char.IsUpper(c) && i > 0 ? "_" + char.ToLowerInvariant(c) : char.ToLowerInvariant(c).ToString()));
}
