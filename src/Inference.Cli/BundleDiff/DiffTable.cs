using System.Globalization;
using Inference.Cli.Frame;
using Spectre.Console;

namespace Inference.Cli.BundleDiff;

/// <summary>The comparison of two bundles, for people.</summary>
internal static class DiffTable
{
    public static void Write(CommandHost host, DiffReport report, IReadOnlyList<GateResult> gates)
    {
        Side(host, "A", report.A);
        Side(host, "B", report.B);
        host.Output.WriteLine($"spaces     {RelationOf(report)}");
        host.Output.WriteLine(FormattableString.Invariant($"items      {report.ItemsInBoth:N0} in both, {report.ItemsOnlyInA:N0} only in A, {report.ItemsOnlyInB:N0} only in B"));
        foreach (string warning in report.Warnings)
            host.Output.WriteLine($"warning    {warning}");
        Similarity(host, report);
        if (!report.SameItems)
            Served(host, report);
        Costs(host, report);
        foreach (GateResult gate in gates)
            host.Output.WriteLine($"gate       {gate}");
    }

    private static void Side(CommandHost host, string name, SideReport side)
    {
        host.Output.WriteLine($"{name}          {side.Folder}");
        host.Output.WriteLine(
            $"           {side.Model.FullVersion}, space {side.Model.EmbeddingSpaceId}{(side.Model.ParentSpaceId.Length > 0 ? $" of parent {side.Model.ParentSpaceId}" : "")}, {side.Model.Dimension} dimensions, {side.Model.Metric}");
    }

    private static string RelationOf(DiffReport report) => report.Relation switch
    {
        SpaceRelation.Same when report.ItemVectors is { } items => FormattableString.Invariant(
            $"the same; cosine of {items.Count:N0} items' vectors: mean {items.Mean:0.0000}, least {items.Least:0.0000}{(report.UserVectors is { } users ? FormattableString.Invariant($"; of {users.Count:N0} users' embeddings: mean {users.Mean:0.0000}, least {users.Least:0.0000}") : "")}"),
        SpaceRelation.Same => "the same by name, but vectors do not compare",
        SpaceRelation.ChildOfA => "B is a child of A; vectors do not compare",
        SpaceRelation.ParentOfA => "A is a child of B; vectors do not compare",
        SpaceRelation.Siblings => "children of one parent; vectors do not compare",
        _ => "unrelated; vectors do not compare",
    };

    /// <summary>How alike the slates are, on the items that both bundles have.</summary>
    private static void Similarity(CommandHost host, DiffReport report)
    {
        Table table = TableOf(["requests", "asked", .. report.Cutoffs.Select(k => FormattableString.Invariant($"overlap@{k}")), "τ", "RBO", "same rung", "coverage A", "coverage B"]);
        foreach (ScenarioReport scenario in Rows(report))
        {
            table.AddRow(
            [
                scenario.Name, scenario.Requests.ToString("N0", CultureInfo.InvariantCulture), .. scenario.Overlaps.Select(Share), Share(scenario.RankCorrelation),
                Share(scenario.RankBiasedOverlap), Share(scenario.SameRung), Share(scenario.CoverageA), Share(scenario.CoverageB),
            ]);
        }

        host.Console.Write(table);
    }

    /// <summary>What a caller would notice of catalogues that differ.</summary>
    private static void Served(CommandHost host, DiffReport report)
    {
        Table table = TableOf("as served", "overlap@10", "places of A that B lacks", "places of B that A lacks");
        foreach (ScenarioReport scenario in Rows(report))
            table.AddRow(scenario.Name, Share(scenario.ServedOverlapAt10), Share(scenario.OnlyInA), Share(scenario.OnlyInB));
        host.Console.Write(table);
    }

    private static void Costs(CommandHost host, DiffReport report)
    {
        Table table = TableOf("cost", "A p50", "A p99", "B p50", "B p99", "B / A");
        Part("tower", report.A.Tower, report.B.Tower);
        Part("search", report.A.Search, report.B.Search);
        Part("answer", report.A.Answer, report.B.Answer);
        One("towers", report.A.ModelBytes / 1e6, report.B.ModelBytes / 1e6, "MB");
        One($"index ({report.A.IndexKind}, {report.B.IndexKind})", report.A.IndexBytes / 1e6, report.B.IndexBytes / 1e6, "MB");
        One("load", report.A.LoadTime.TotalSeconds, report.B.LoadTime.TotalSeconds, "s");
        host.Console.Write(table);

        void Part(string name, PartLatency a, PartLatency b)
        {
            if (a.Count > 0 || b.Count > 0)
                table.AddRow(name, Micros(a.P50), Micros(a.P99), Micros(b.P50), Micros(b.P99), Ratio(b.P50 / a.P50));
        }

        void One(string name, double a, double b, string unit) => table.AddRow(
            name, string.Create(CultureInfo.InvariantCulture, $"{a:N2} {unit}"), "", string.Create(CultureInfo.InvariantCulture, $"{b:N2} {unit}"), "", Ratio(b / a));
    }

    /// <summary>The scenarios; the sum of those that reach the towers comes last.</summary>
    private static IEnumerable<ScenarioReport> Rows(DiffReport report) => report.Towers is { } towers ? report.Scenarios.Append(towers) : report.Scenarios;

    private static Table TableOf(params string[] columns)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumn(columns[0]);
        foreach (string column in columns[1..])
            table.AddColumn(new TableColumn(column).RightAligned());
        return table;
    }

    private static string Share(double value) => double.IsNaN(value) ? "-" : value.ToString("0.000", CultureInfo.InvariantCulture);

    private static string Ratio(double value) => double.IsFinite(value) ? value.ToString("0.00", CultureInfo.InvariantCulture) : "-";

    private static string Micros(double value) => value.ToString("N1", CultureInfo.InvariantCulture) + " µs";
}
