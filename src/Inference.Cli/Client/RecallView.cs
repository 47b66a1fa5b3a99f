using System.Globalization;
using Inference.Cli.Frame;
using Recsys.V1;
using Spectre.Console;

namespace Inference.Cli.Client;

/// <summary>What searches of an index find of what they should, for people.</summary>
internal static class RecallView
{
    public static void Write(CommandHost host, LiveRecall recall)
    {
        host.Output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{recall.Version}: {recall.Share:P1} of the searches are checked against {(recall.AgainstEmbeddings ? "the embeddings of the bundle" : "what the index holds")}: {recall.Checked:N0} checked, {recall.Dropped:N0} dropped, {recall.Failed:N0} failed"));
        if (recall.Degraded)
            host.Output.WriteLine($"degraded: {recall.Detail}");
        Table table = new Table().Border(TableBorder.Rounded).AddColumn("eligible");
        foreach (string column in (string[])["searches", "recall", "95 % from", "to"])
            table.AddColumn(new TableColumn(column).RightAligned());
        Add(table, recall.Overall.Filter, recall.Overall);
        foreach (RecallEstimate estimate in recall.ByFilter)
            Add(table, estimate.Filter, estimate);
        if (recall.AgainstEmbeddings)
            Add(table, "all, by a scan", recall.Scan);
        host.Console.Write(table);
    }

    private static void Add(Table table, string name, RecallEstimate estimate) => table.AddRow(
        new Text(name),
        new Text(estimate.Samples.ToString("N0", CultureInfo.InvariantCulture)),
        new Text(estimate.HasRecall ? Share(estimate.Recall) : "-"),
        new Text(Share(estimate.Lower)),
        new Text(Share(estimate.Upper)));

    private static string Share(double value) => value.ToString("0.0000", CultureInfo.InvariantCulture);
}
