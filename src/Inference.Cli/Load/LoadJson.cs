using System.Text.Json;
using Inference.Cli.Client;
using Inference.Recommendations;

namespace Inference.Cli.Load;

/// <summary>The result of a load for scripts: an object of one run; of several, their list under `steps`; of a search, also what it found under `search`.</summary>
internal static class LoadJson
{
    public static void Write(Utf8JsonWriter json, IReadOnlyList<LoadReport> reports, double? sustained)
    {
        if (reports.Count == 1 && sustained is null)
        {
            One(json, reports[0]);
            return;
        }

        json.WriteStartObject();
        if (sustained is { } rate)
        {
            json.WriteStartObject("search");
            json.WriteNumber("slo_ms", reports[0].Options.Goal.TotalMilliseconds);
            json.WriteNumber("sustained_rps", Math.Round(rate, 1));
            json.WriteEndObject();
        }

        json.WriteStartArray("steps");
        foreach (LoadReport report in reports)
            One(json, report);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void One(Utf8JsonWriter json, LoadReport report)
    {
        LoadTally tally = report.Tally;
        json.WriteStartObject();
        json.WriteNumber("target_rps", Math.Round(report.Options.Rate, 2));
        json.WriteNumber("offered_rps", Math.Round(report.OfferedRate, 2));
        json.WriteNumber("achieved_rps", Math.Round(report.AchievedRate, 2));
        json.WriteNumber("goodput_rps", Math.Round(report.Goodput, 2));
        json.WriteNumber("slo_ms", report.Options.Goal.TotalMilliseconds);
        json.WriteNumber("deadline_ms", report.Options.Deadline.TotalMilliseconds);
        json.WriteNumber("seconds", Math.Round(report.Seconds, 3));
        json.WriteString("arrivals", report.Options.Arrivals.ToString().ToLowerInvariant());
        json.WriteNumber("offered", report.Offered);
        json.WriteNumber("answered", tally.Answered);
        json.WriteNumber("good", tally.Good);
        json.WriteNumber("degraded", tally.Degraded);
        json.WriteNumber("empty", tally.Empty);
        json.WriteNumber("unfinished", report.Unfinished);
        json.WriteNumber("error_share", Math.Round(report.ErrorShare, 6));
        json.WriteBoolean("generator_late", report.IsGeneratorLate);
        json.WriteNumber("generator_cpu_us_per_request", Math.Round(report.ProcessorTime.TotalMicroseconds / Math.Max(1, tally.Sent), 1));
        json.WriteBoolean("sustained", report.IsSustained);
        json.WriteStartObject("errors");
        foreach ((string status, long count) in report.Failures)
            json.WriteNumber(status, count);
        json.WriteEndObject();
        json.WriteStartObject("served_by");
        foreach ((Recsys.V1.Rung rung, long count) in tally.Rungs)
            json.WriteNumber(SlateView.NameOf(rung), count);
        json.WriteEndObject();
        Latencies(json, "latency_us", tally.Latency);
        Latencies(json, "send_lag_us", tally.SendLag);
        json.WriteStartObject("shed");
        json.WriteNumber("count", tally.Turned);
        json.WriteNumber("with_retry_info", tally.WithRetryInfo);
        Latencies(json, "latency_us", tally.Shed);
        Latencies(json, "since_sent_us", tally.ShedSinceSent);
        json.WriteEndObject();
        Kinds(json, tally);
        Percentiles(json, tally.Latency);
        Series(json, report);
        json.WriteEndObject();
    }

    private static void Kinds(Utf8JsonWriter json, LoadTally tally)
    {
        json.WriteStartObject("kinds");
        foreach (KindTally kind in tally.Kinds.Where(kind => kind.Offered > 0))
        {
            json.WriteStartObject(TrafficMix.NameOf(kind.Kind));
            json.WriteNumber("offered", kind.Offered);
            json.WriteNumber("answered", kind.Answered);
            json.WriteNumber("good", kind.Good);
            json.WriteNumber("failed", kind.Failed);
            Latencies(json, "latency_us", kind.Latency);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    /// <summary>Pairs of a share and microseconds.</summary>
    private static void Percentiles(Utf8JsonWriter json, LatencyHistogram latency)
    {
        json.WriteStartArray("percentiles_us");
        foreach ((double share, long nanoseconds, _) in HdrPercentiles.Of(latency))
        {
            json.WriteStartArray();
            json.WriteNumberValue(Math.Round(share, 8));
            json.WriteNumberValue(Math.Round(nanoseconds / 1e3, 1));
            json.WriteEndArray();
        }

        json.WriteEndArray();
    }

    private static void Series(Utf8JsonWriter json, LoadReport report)
    {
        json.WriteStartObject("series");
        json.WriteNumber("interval_s", report.Options.Interval.TotalSeconds);
        json.WriteStartArray("columns");
        foreach (string column in new[] { "second", "offered", "answered", "good", "failed", "p50_us", "p99_us", "p99_9_us", "max_us" })
            json.WriteStringValue(column);
        json.WriteEndArray();
        json.WriteStartArray("rows");
        foreach (SeriesRow row in report.Tally.Series.Rows())
        {
            json.WriteStartArray();
            json.WriteNumberValue(Math.Round(row.Second, 3));
            foreach (long count in new[] { row.Offered, row.Answered, row.Good, row.Failed })
                json.WriteNumberValue(count);
            foreach (long nanoseconds in new[] { row.P50, row.P99, row.P999, row.Max })
                json.WriteNumberValue(Math.Round(nanoseconds / 1e3, 1));
            json.WriteEndArray();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Latencies(Utf8JsonWriter json, string name, LatencyHistogram histogram)
    {
        json.WriteStartObject(name);
        foreach ((_, string quantile, double share) in LoadReport.Quantiles)
            json.WriteNumber(quantile, Math.Round(histogram.Quantile(share) / 1e3, 1));
        json.WriteNumber("max", Math.Round(histogram.Max / 1e3, 1));
        json.WriteNumber("mean", Math.Round(histogram.Mean / 1e3, 1));
        json.WriteEndObject();
    }
}
