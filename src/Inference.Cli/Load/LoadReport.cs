using System.Globalization;
using Inference.Cli.Client;
using Inference.Cli.Frame;
using Spectre.Console;

namespace Inference.Cli.Load;

/// <summary>The result of a load run.</summary>
internal sealed class LoadReport
{
    /// <summary>The percentiles that are reported everywhere.</summary>
    public static readonly (string Label, string Name, double Share)[] Quantiles = [("p50", "p50", 0.5), ("p90", "p90", 0.9), ("p99", "p99", 0.99), ("p99.9", "p99_9", 0.999)];

    public LoadReport(LoadRun run, LoadOptions options)
    {
        Tally = run.Tally;
        Options = options;
        ProcessorTime = run.ProcessorTime;
        Failures = [.. Tally.Failures];
        Failed = Failures.Sum(failure => failure.Count);
        long notSent = Failures.Where(failure => failure.Status == LoadTally.NotSent).Sum(failure => failure.Count);
        Offered = Tally.Sent + notSent;
        Unfinished = Math.Max(0, Offered - Tally.Answered - Failed);
        // The arrivals' own span, and the time until the last answer: a server that falls behind answers long after the last arrival.
        Scheduled = Math.Max(1 / options.Rate, (run.MeasuredUntil - run.MeasuredFrom) / 1e9);
        Seconds = Math.Max(Scheduled, (Tally.LastAnswer - run.MeasuredFrom) / 1e9);
    }

    public LoadTally Tally { get; }

    public LoadOptions Options { get; }

    /// <summary>Processor time that the generator took.</summary>
    public TimeSpan ProcessorTime { get; }

    /// <summary>Requests without an answer, by status.</summary>
    public IReadOnlyList<(string Status, long Count)> Failures { get; }

    public long Failed { get; }

    /// <summary>Requests that had neither answer nor failure when patience ended.</summary>
    public long Unfinished { get; }

    public long Answered => Tally.Answered;

    public double P99Milliseconds => Tally.Latency.Quantile(0.99) / 1e6;

    /// <summary>Requests that the schedule asked for.</summary>
    public long Offered { get; }

    /// <summary>Seconds from the first to the last arrival, by the schedule.</summary>
    public double Scheduled { get; }

    /// <summary>Seconds until the last answer.</summary>
    public double Seconds { get; }

    /// <summary>Requests per second that came at the server, by the schedule.</summary>
    public double OfferedRate => Offered / Scheduled;

    /// <summary>Answers per second.</summary>
    public double AchievedRate => Tally.Answered / Seconds;

    /// <summary>Answers within the goal, per second of the schedule.</summary>
    public double Goodput => Tally.Good / Scheduled;

    /// <summary>Share of the offered requests without an answer.</summary>
    public double ErrorShare => Offered == 0 ? 0 : (double)(Failed + Unfinished) / Offered;

    /// <summary>Whether the generator itself was late, so that its figures say more about it than about the server.</summary>
    public bool IsGeneratorLate => Tally.SendLag.Quantile(0.99) > 1_000_000;

    /// <summary>Whether the rate counts as sustained: the goal held at the 99th percentile, nearly no errors, and the server kept up.</summary>
    public bool IsSustained => Answered > 0 && P99Milliseconds <= Options.Goal.TotalMilliseconds && ErrorShare <= 0.001 && AchievedRate >= 0.98 * OfferedRate;

    public void Table(CommandHost host)
    {
        var table = new Table().Border(TableBorder.Rounded).HideHeaders().AddColumn("what").AddColumn(new TableColumn("value").RightAligned());
        void Row(string what, string value) => table.AddRow(new Text(what), new Text(value));
        void Count(string what, long count)
        {
            if (count > 0)
                Row(what, FormattableString.Invariant($"{count:N0}"));
        }

        Row("offered", FormattableString.Invariant($"{OfferedRate:N0} requests/s"));
        Row("achieved", FormattableString.Invariant($"{AchievedRate:N0} answers/s"));
        Row(string.Create(CultureInfo.InvariantCulture, $"within {Options.Goal.TotalMilliseconds:0.###} ms"), FormattableString.Invariant($"{Goodput:N0} answers/s"));
        Row("answers", FormattableString.Invariant($"{Tally.Answered:N0} of {Offered:N0}"));
        foreach ((string label, _, double share) in Quantiles)
            Row("latency " + label, Milliseconds(Tally.Latency.Quantile(share)));
        Row("latency max", Milliseconds(Tally.Latency.Max));
        Row("latency mean", Milliseconds(Tally.Latency.Mean));
        KindTally[] kinds = [.. Tally.Kinds.Where(kind => kind.Offered > 0)];
        foreach (KindTally kind in kinds.Length > 1 ? kinds : [])
            Row(TrafficMix.NameOf(kind.Kind) + " p50 / p99", $"{Milliseconds(kind.Latency.Quantile(0.5))} / {Milliseconds(kind.Latency.Quantile(0.99))}");
        Row("sent late p99", Milliseconds(Tally.SendLag.Quantile(0.99)));
        foreach ((Recsys.V1.Rung rung, long count) in Tally.Rungs)
            Count("served by " + SlateView.NameOf(rung), count);
        Count("degraded", Tally.Degraded);
        Count("EMPTY", Tally.Empty);
        foreach ((string status, long count) in Failures)
            Count("error " + status, count);
        if (Tally.Turned > 0)
        {
            Row("turned away p50 / p99", $"{Milliseconds(Tally.ShedSinceSent.Quantile(0.5))} / {Milliseconds(Tally.ShedSinceSent.Quantile(0.99))}");
            Count("told when to retry", Tally.WithRetryInfo);
        }

        Count("unfinished", Unfinished);
        host.Console.Write(table);
        Warn(host);
    }

    /// <summary>Several runs, a line each.</summary>
    public static void Table(CommandHost host, IReadOnlyList<LoadReport> reports)
    {
        var table = new Table().Border(TableBorder.Rounded);
        foreach (string column in new[] { "offered/s", "achieved/s", "good/s", "p50 ms", "p99 ms", "p99.9 ms", "errors", "sent late p99 ms" })
            table.AddColumn(new TableColumn(column).RightAligned());
        foreach (LoadReport report in reports)
        {
            table.AddRow(
                Number(report.OfferedRate), Number(report.AchievedRate), Number(report.Goodput), Short(report.Tally.Latency.Quantile(0.5)), Short(report.Tally.Latency.Quantile(0.99)), Short(report.Tally.Latency.Quantile(0.999)),
                report.ErrorShare.ToString("P2", CultureInfo.InvariantCulture), Short(report.Tally.SendLag.Quantile(0.99)));
        }

        host.Console.Write(table);
        reports.FirstOrDefault(report => report.IsGeneratorLate)?.Warn(host);

        static string Number(double rate) => rate.ToString("N0", CultureInfo.InvariantCulture);

        static string Short(double nanoseconds) => (nanoseconds / 1e6).ToString("0.00", CultureInfo.InvariantCulture);
    }

    private void Warn(CommandHost host)
    {
        if (IsGeneratorLate)
            host.Error.WriteLine("warning: the generator could not keep to its schedule; the latencies contain its own delay. Give it more cores, or lower --rps.");
    }

    private static string Milliseconds(double nanoseconds) => string.Create(CultureInfo.InvariantCulture, $"{nanoseconds / 1e6:0.000} ms");
}
