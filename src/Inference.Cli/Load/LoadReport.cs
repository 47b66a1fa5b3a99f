using System.Globalization;
using System.Text.Json;
using Inference.Cli.Client;
using Inference.Cli.Frame;
using Inference.Recommendations;
using Spectre.Console;

namespace Inference.Cli.Load;

/// <summary>The result of a load run, for people and for scripts.</summary>
internal sealed class LoadReport
{
    private static readonly (string Label, string Name, double Share)[] Quantiles = [("p50", "p50", 0.5), ("p90", "p90", 0.9), ("p99", "p99", 0.99), ("p99.9", "p99_9", 0.999)];

    private readonly LoadTally _tally;
    private readonly LoadOptions _options;
    private readonly double _scheduled;
    private readonly double _seconds;

    public LoadReport(LoadRun run, LoadOptions options)
    {
        _tally = run.Tally;
        _options = options;
        Failures = [.. _tally.Failures];
        Failed = Failures.Sum(failure => failure.Count);
        long notSent = Failures.Where(failure => failure.Status == LoadTally.NotSent).Sum(failure => failure.Count);
        Offered = _tally.Sent + notSent;
        Unfinished = Math.Max(0, Offered - _tally.Answered - Failed);
        // The arrivals' own span, and the time until the last answer: a server that falls behind answers long after the last arrival.
        _scheduled = Math.Max(1 / options.Rate, (run.MeasuredUntil - run.MeasuredFrom) / 1e9);
        _seconds = Math.Max(_scheduled, (_tally.LastAnswer - run.MeasuredFrom) / 1e9);
    }

    /// <summary>Requests without an answer, by status.</summary>
    public IReadOnlyList<(string Status, long Count)> Failures { get; }

    public long Failed { get; }

    /// <summary>Requests that had neither answer nor failure when patience ended.</summary>
    public long Unfinished { get; }

    public long Answered => _tally.Answered;

    public double P99Milliseconds => _tally.Latency.Quantile(0.99) / 1e6;

    /// <summary>Requests that the schedule asked for.</summary>
    public long Offered { get; }

    /// <summary>Requests per second that came at the server, by the schedule.</summary>
    public double OfferedRate => Offered / _scheduled;

    /// <summary>Answers per second.</summary>
    public double AchievedRate => _tally.Answered / _seconds;

    /// <summary>Share of the offered requests without an answer.</summary>
    public double ErrorShare => Offered == 0 ? 0 : (double)(Failed + Unfinished) / Offered;

    /// <summary>Whether the generator itself was late, so that its figures say more about it than about the server.</summary>
    public bool IsGeneratorLate => _tally.SendLag.Quantile(0.99) > 1_000_000;

    public void Table(CommandHost host)
    {
        var table = new Table().Border(TableBorder.Rounded).HideHeaders().AddColumn("what").AddColumn(new TableColumn("value").RightAligned());
        void Row(string what, string value) => table.AddRow(new Text(what), new Text(value));
        Row("offered", FormattableString.Invariant($"{OfferedRate:N0} requests/s"));
        Row("achieved", FormattableString.Invariant($"{AchievedRate:N0} answers/s"));
        Row("answers", FormattableString.Invariant($"{_tally.Answered:N0} of {Offered:N0}"));
        foreach ((string label, _, double share) in Quantiles)
            Row("latency " + label, Milliseconds(_tally.Latency.Quantile(share)));
        Row("latency max", Milliseconds(_tally.Latency.Max));
        Row("latency mean", Milliseconds(_tally.Latency.Mean));
        Row("sent late p99", Milliseconds(_tally.SendLag.Quantile(0.99)));
        foreach ((Recsys.V1.Rung rung, long count) in _tally.Rungs)
            Row("served by " + SlateView.NameOf(rung), FormattableString.Invariant($"{count:N0}"));
        if (_tally.Degraded > 0)
            Row("degraded", FormattableString.Invariant($"{_tally.Degraded:N0}"));
        if (_tally.Empty > 0)
            Row("EMPTY", FormattableString.Invariant($"{_tally.Empty:N0}"));
        foreach ((string status, long count) in Failures)
            Row("error " + status, FormattableString.Invariant($"{count:N0}"));
        if (Unfinished > 0)
            Row("unfinished", FormattableString.Invariant($"{Unfinished:N0}"));
        host.Console.Write(table);
        if (IsGeneratorLate)
            host.Error.WriteLine("warning: the generator could not keep to its schedule; the latencies contain its own delay. Give it more cores, or lower --rps.");
    }

    public void Json(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteNumber("target_rps", _options.Rate);
        json.WriteNumber("offered_rps", Math.Round(OfferedRate, 2));
        json.WriteNumber("achieved_rps", Math.Round(AchievedRate, 2));
        json.WriteNumber("seconds", Math.Round(_seconds, 3));
        json.WriteString("arrivals", _options.Arrivals.ToString().ToLowerInvariant());
        json.WriteNumber("offered", Offered);
        json.WriteNumber("answered", _tally.Answered);
        json.WriteNumber("degraded", _tally.Degraded);
        json.WriteNumber("empty", _tally.Empty);
        json.WriteNumber("unfinished", Unfinished);
        json.WriteNumber("error_share", Math.Round(ErrorShare, 6));
        json.WriteStartObject("errors");
        foreach ((string status, long count) in Failures)
            json.WriteNumber(status, count);
        json.WriteEndObject();
        json.WriteStartObject("served_by");
        foreach ((Recsys.V1.Rung rung, long count) in _tally.Rungs)
            json.WriteNumber(SlateView.NameOf(rung), count);
        json.WriteEndObject();
        Latencies(json, "latency_us", _tally.Latency);
        Latencies(json, "send_lag_us", _tally.SendLag);
        json.WriteEndObject();
    }

    private static void Latencies(Utf8JsonWriter json, string name, LatencyHistogram histogram)
    {
        json.WriteStartObject(name);
        foreach ((_, string quantile, double share) in Quantiles)
            json.WriteNumber(quantile, Math.Round(histogram.Quantile(share) / 1e3, 1));
        json.WriteNumber("max", Math.Round(histogram.Max / 1e3, 1));
        json.WriteNumber("mean", Math.Round(histogram.Mean / 1e3, 1));
        json.WriteEndObject();
    }

    private static string Milliseconds(double nanoseconds) => string.Create(CultureInfo.InvariantCulture, $"{nanoseconds / 1e6:0.000} ms");
}
