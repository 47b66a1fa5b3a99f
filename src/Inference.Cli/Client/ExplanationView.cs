using System.Globalization;
using Inference.Cli.Frame;
using Recsys.V1;

namespace Inference.Cli.Client;

/// <summary>Shows what replies say of themselves: what scores are made of, what moved items, and what the slate is like.</summary>
internal static class ExplanationView
{
    /// <summary>Parts of a score that are named; the others are small.</summary>
    private const int MostNamed = 4;

    /// <summary>The largest parts of a score as shares of all that speaks for and against: "ease 61 %, tower 30 %, popularity -4 %".</summary>
    public static string Parts(RecommendedItem item)
    {
        double size = item.Parts.Sum(part => Math.Abs(part.Contribution));
        if (!(size > 0))
            return "";
        return string.Join(
            ", ",
            item.Parts.OrderByDescending(part => Math.Abs(part.Contribution)).Take(MostNamed).Where(part => Math.Abs(part.Contribution) >= size / 200)
                .Select(part => string.Create(CultureInfo.InvariantCulture, $"{part.Name} {part.Contribution / size * 100:0} %")));
    }

    /// <summary>What moved an item: "pinned, boosted 'wine' +0.5, capped by brand, diversified from 3".</summary>
    public static string Moved(RecommendedItem item) => string.Join(", ", item.Adjustments.Select(Moved));

    /// <summary>What a slate is like, and a line for each retriever; nothing without a report.</summary>
    public static void Report(CommandHost host, SlateReport? report)
    {
        if (report is null)
            return;
        string diversity = report.HasDiversity ? string.Create(CultureInfo.InvariantCulture, $"diversity {report.Diversity:0.000} · ") : "";
        string coverage = report.CoverageAttribute.Length > 0 ? string.Create(CultureInfo.InvariantCulture, $" · coverage of {report.CoverageAttribute} {report.Coverage * 100:0} %") : "";
        host.Output.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"slate: {diversity}novelty {report.Novelty:0.0} bits · popular {report.PopularShare * 100:0} %{coverage} · {report.EligibleItems} items may be shown"));
        if (report.ExplanationsLeftOut > 0)
            host.Output.WriteLine($"{report.ExplanationsLeftOut} explanations did not fit: ask with --explanation-bytes");
        foreach (RetrieverReport retriever in report.Retrievers)
            host.Output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"retriever {retriever.Name}: {retriever.Found} found · {retriever.Shown} shown · {retriever.DurationUs:0} µs · {retriever.Outcome}"));
    }

    private static string Moved(Adjustment adjustment)
    {
        string from = adjustment.FromRank > 0 ? string.Create(CultureInfo.InvariantCulture, $" from {adjustment.FromRank}") : "";
        return adjustment.Kind switch
        {
            AdjustmentKind.Boosted => string.Create(CultureInfo.InvariantCulture, $"boosted '{adjustment.Name}' {adjustment.Amount:+0.###;-0.###;0}{from}"),
            AdjustmentKind.Diversified => string.Create(CultureInfo.InvariantCulture, $"diversified{from} (nearest above {adjustment.Amount:0.00})"),
            AdjustmentKind.Capped => $"capped by {adjustment.Name}{from}",
            AdjustmentKind.Floor => $"floor of exposure{from}",
            _ => $"{adjustment.Kind.ToString().ToLowerInvariant()}{from}",
        };
    }
}
