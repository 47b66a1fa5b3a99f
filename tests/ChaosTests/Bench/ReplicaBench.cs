using System.Globalization;
using ChaosTests.Server;
using Google.Protobuf.WellKnownTypes;
using Inference.Cli.Load;
using Inference.Recommendations;
using Recsys.V1;
using RedisRig;

namespace ChaosTests.Bench;

/// <summary>`replicas`: how long after a click at one replica another one's answer changes, and whether the next answer of the first has changed.</summary>
internal static class ReplicaBench
{
    public const string Usage = "replicas [--trials N]";

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

    public static async Task<int> RunAsync(string[] args)
    {
        int trials = 2_000;
        if (args is not ([] or ["--trials", _]) || (args is ["--trials", var value] && !(int.TryParse(value, CultureInfo.InvariantCulture, out trials) && trials > 0)))
        {
            Console.Error.WriteLine($"usage: {Usage}");
            return 2;
        }

        using ChaosWorld world = await ChaosWorld.WriteAsync();
        await using RedisProcess redis = await RedisProcess.StartAsync();
        await using ChaosServer a = await ChaosServer.StartAsync(world, redis.Configuration);
        await using ChaosServer b = await ChaosServer.StartAsync(world, redis.Configuration);
        for (int i = 0; i < 200; i++)
            await ClickAsync(a, b, $"warm-up-{i}", $"warm-up-{i}", new ReplicaTally("warm-up"));

        var known = new ReplicaTally("users whom the other replica holds");
        var unknown = new ReplicaTally("users whom nobody knew");
        for (int i = 0; i < trials; i++)
        {
            await ClickAsync(a, b, ChaosWorld.UserId(i % ChaosWorld.UserCount), $"known-{i}", known);
            await ClickAsync(a, b, $"unknown-{i}", $"unknown-{i}", unknown);
        }

        ReplicaTally[] tallies = [known, unknown];
        string table = $"""
            # When a click at one replica changes the answers of another
            Two servers of one process on one Redis ({Benchmarks.Machine.Processor()}), {trials:N0} clicks each, the other replica asked again and again until its answer has changed. Milliseconds from sending the
            click, p50 / p99 / longest. `./dev bench replicas` repeats it.

            | | click confirmed | other replica's answer changed | within {s_patience.TotalSeconds:0} s | next answer of the same replica changed |
            | --- | --: | --: | --: | --: |
            {string.Join('\n', tallies.Select(static tally => tally.ToMarkdown()))}

            """;
        Console.WriteLine(table);
        await ResultFile.WriteAsync("replicas", new Dictionary<string, object> { ["trials"] = trials, ["rows"] = tallies.Select(static tally => tally.ToJson()) }, table);
        return tallies.All(static tally => tally.Changed == tally.Trials && tally.SeenAtOnce == tally.Trials) ? 0 : 1;
    }

    /// <summary>A click on the best item: it leaves the answers, because what was seen is not shown again.</summary>
    private static async Task ClickAsync(ChaosServer a, ChaosServer b, string user, string eventId, ReplicaTally tally)
    {
        TimeProvider time = TimeProvider.System;
        string item = (await b.RecommendAsync(user)).Items[0].ItemId;
        var click = new Event { EventId = eventId, UserId = user, ItemId = item, Type = EventType.Click, Time = Timestamp.FromDateTimeOffset(time.GetUtcNow()) };
        long sent = time.GetTimestamp();
        await a.Events.RecordEventsAsync(new RecordEventsRequest { Events = { click } });
        tally.Confirmed.Record(Nanoseconds(time.GetElapsedTime(sent)));
        tally.Trials++;
        Task<RecommendResponse> next = a.RecommendAsync(user);
        while (time.GetElapsedTime(sent) < s_patience)
        {
            if (!Shows(await b.RecommendAsync(user), item))
            {
                tally.Seen.Record(Nanoseconds(time.GetElapsedTime(sent)));
                tally.Changed++;
                break;
            }
        }

        if (!Shows(await next, item))
            tally.SeenAtOnce++;
    }

    private static bool Shows(RecommendResponse response, string item) => response.Items.Any(one => one.ItemId == item);

    private static long Nanoseconds(TimeSpan span) => span.Ticks * 100;

    /// <summary>What became of the clicks of one kind of user.</summary>
    private sealed class ReplicaTally(string name)
    {
        public int Trials { get; set; }

        public int Changed { get; set; }

        public int SeenAtOnce { get; set; }

        public LatencyHistogram Confirmed { get; } = new();

        public LatencyHistogram Seen { get; } = new();

        public string ToMarkdown() => $"| {name} | {Quantiles(Confirmed)} | {Quantiles(Seen)} | {Changed} of {Trials} | {SeenAtOnce} of {Trials} |";

        public Dictionary<string, object> ToJson() => new()
        {
            ["users"] = name,
            ["trials"] = Trials,
            ["changed"] = Changed,
            ["next_answer_changed"] = SeenAtOnce,
            ["confirmed_p50_ms"] = Milliseconds(Confirmed, 0.5),
            ["confirmed_p99_ms"] = Milliseconds(Confirmed, 0.99),
            ["changed_p50_ms"] = Milliseconds(Seen, 0.5),
            ["changed_p99_ms"] = Milliseconds(Seen, 0.99),
            ["changed_max_ms"] = Math.Round(Seen.Max / 1e6, 2),
        };

        private static double Milliseconds(LatencyHistogram histogram, double share) => Math.Round(histogram.Quantile(share) / 1e6, 2);

        private static string Quantiles(LatencyHistogram histogram) =>
            string.Create(CultureInfo.InvariantCulture, $"{Milliseconds(histogram, 0.5):0.0} / {Milliseconds(histogram, 0.99):0.0} / {histogram.Max / 1e6:0.0}");
    }
}
