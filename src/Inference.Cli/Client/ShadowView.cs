using System.Globalization;
using Inference.Cli.Frame;
using Recsys.V1;
using Spectre.Console;

namespace Inference.Cli.Client;

/// <summary>How the version in the shadow of the active one answers, for people.</summary>
internal static class ShadowView
{
    public static void Write(CommandHost host, ShadowComparison shadow)
    {
        host.Output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{shadow.Shadow.Version} in the shadow of {shadow.Active.Version} since {shadow.Since.ToDateTimeOffset():yyyy-MM-dd HH:mm:ss} UTC, {shadow.Share:P1} of the requests: {shadow.Compared:N0} compared, {shadow.Dropped:N0} dropped, {shadow.Failed:N0} failed"));
        if (shadow.Compared == 0)
            return;
        Table table = new Table().Border(TableBorder.Rounded);
        foreach (string column in (string[])["overlap@10", "τ", "RBO", "same top", "active mean", "active p99", "shadow mean", "shadow p99"])
            table.AddColumn(new TableColumn(column).RightAligned());
        table.AddRow(
            Share(shadow.Overlap), shadow.HasRankCorrelation ? Share(shadow.RankCorrelation) : "-", Share(shadow.RankBiasedOverlap), Share(shadow.SameTop),
            Millis(shadow.Active.MeanLatency), Millis(shadow.Active.P99Latency), Millis(shadow.Shadow.MeanLatency), Millis(shadow.Shadow.P99Latency));
        host.Console.Write(table);
    }

    private static string Share(double value) => value.ToString("0.000", CultureInfo.InvariantCulture);

    private static string Millis(Google.Protobuf.WellKnownTypes.Duration value) => string.Create(CultureInfo.InvariantCulture, $"{value.ToTimeSpan().TotalMilliseconds:0.00} ms");
}
