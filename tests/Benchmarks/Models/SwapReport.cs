using System.Globalization;
using System.Text.Json;
using Grpc.Net.Client;
using Inference.Recommendations;
using Recsys.V1;

namespace Benchmarks.Models;

/// <summary>
/// `swaps`: what callers see of a server whose model is replaced again and again. Two versions take turns: load, activate, wait until the former one is released, rest; traffic goes on all the time. Driven by
/// load-tests/swaps.sh, which starts the server on a core of its own.
/// </summary>
internal static class SwapReport
{
    public static async Task<int> RunAsync(string[] args)
    {
        string? address = null, json = null;
        string label = "";
        int swaps = 100, pid = 0, users = 500;
        double rate = 300;
        for (int i = 0; i < args.Length; i += 2)
        {
            string? value = i + 1 < args.Length ? args[i + 1] : null;
            bool understood = args[i] switch
            {
                "--address" => (address = value) is not null,
                "--pid" => int.TryParse(value, CultureInfo.InvariantCulture, out pid),
                "--swaps" => int.TryParse(value, CultureInfo.InvariantCulture, out swaps) && swaps > 0,
                "--users" => int.TryParse(value, CultureInfo.InvariantCulture, out users) && users > 0,
                "--rate" => double.TryParse(value, CultureInfo.InvariantCulture, out rate) && rate > 0,
                "--label" => (label = value ?? "").Length > 0,
                "--json" => (json = value) is not null,
                _ => false,
            };
            if (!understood)
                address = null;
        }

        if (address is null || pid == 0)
        {
            Console.Error.WriteLine("usage: swaps --address URL --pid PID [--swaps N] [--rate PER_SECOND] [--users N] [--label TEXT] [--json FILE]      (through load-tests/swaps.sh)");
            return 2;
        }

        SwapRow row = await MeasureAsync(address, pid, label, swaps, rate, users);
        Console.WriteLine(SwapRow.Head);
        Console.WriteLine(row.ToString());
        if (json is not null)
            await File.WriteAllTextAsync(json, JsonSerializer.Serialize(row, Machine.Json) + Environment.NewLine);
        return row.Errors == 0 && row.Mixed == 0 ? 0 : 1;
    }

    private static async Task<SwapRow> MeasureAsync(string address, int pid, string label, int swaps, double rate, int users)
    {
        using var channel = GrpcChannel.ForAddress(address);
        using var control = GrpcChannel.ForAddress(address);
        var models = new ModelService.ModelServiceClient(control);
        string[] versions = [.. (await models.ListVersionsAsync(new ListVersionsRequest())).Versions.Select(version => version.Version)];
        string active = (await models.StatusAsync(new StatusRequest())).Active.Version, other = versions.First(version => version != active);
        var traffic = new SwapTraffic(
            new RecommendationService.RecommendationServiceClient(channel), rate, [.. Enumerable.Range(0, users).Select(user => $"u{user}")], TimeSpan.FromSeconds(5));

        // A few swaps before anything counts: code is compiled, caches are filled, and each version tells what it answers while it is the active one, for the users of its bundle come with it.
        traffic.Start();
        var loads = new LatencyHistogram();
        var activations = new LatencyHistogram();
        const int unmeasured = 5;
        // The collector lets memory rise and fall by its budget, so one sample says little: the medians over the first and the last tenth are compared, the first of all taken before any swap counts.
        var memory = new List<long>(swaps + 1);
        for (int swap = -unmeasured; swap < swaps; swap++)
        {
            if (swap == 0)
            {
                await Task.Delay(TimeSpan.FromSeconds(2));
                traffic.Reset();
                (loads, activations) = (new LatencyHistogram(), new LatencyHistogram());
                memory.Add(ResidentOf(pid));
            }

            long begin = TimeProvider.System.GetTimestamp();
            traffic.IsSwapping = true;
            await models.LoadAsync(new LoadRequest { Version = other });
            long loaded = TimeProvider.System.GetTimestamp();
            await models.ActivateAsync(new ActivateRequest { Version = other });
            activations.Record((long)TimeProvider.System.GetElapsedTime(loaded).TotalNanoseconds);
            await UntilReleasedAsync(models, active);
            if (swap is -unmeasured or -unmeasured + 1)
                await traffic.LearnAsync(other);
            traffic.IsSwapping = false;
            TimeSpan took = TimeProvider.System.GetElapsedTime(begin);
            loads.Record((long)took.TotalNanoseconds);
            (active, other) = (other, active);
            // As much rest as swap, so that both have as many calls.
            await Task.Delay(took);
            if (swap >= 0)
                memory.Add(ResidentOf(pid));
        }

        await traffic.StopAsync();
        int tenth = Math.Max(1, swaps / 10);
        return new SwapRow
        {
            Label = label,
            Swaps = swaps,
            Rate = rate,
            SwapSeconds = loads.Quantile(0.5) / 1e9,
            ActivateMilliseconds = activations.Quantile(0.5) / 1e6,
            Calls = traffic.Steady.Count + traffic.Swapping.Count,
            SteadyP50 = traffic.Steady.Quantile(0.5) / 1e6,
            SteadyP99 = traffic.Steady.Quantile(0.99) / 1e6,
            SteadyP999 = traffic.Steady.Quantile(0.999) / 1e6,
            SwapP50 = traffic.Swapping.Quantile(0.5) / 1e6,
            SwapP99 = traffic.Swapping.Quantile(0.99) / 1e6,
            SwapP999 = traffic.Swapping.Quantile(0.999) / 1e6,
            SendLagP99 = traffic.SendLag.Quantile(0.99) / 1e6,
            Errors = traffic.Errors.Values.Sum(),
            Mixed = traffic.Mixed,
            Degraded = traffic.Degraded,
            ResidentBefore = Median(memory.Take(tenth)) / 1e6,
            ResidentAfter = Median(memory.TakeLast(tenth)) / 1e6,
            Machine = Machine.Processor(),
        };
    }

    /// <summary>What was replaced goes by itself, with its last request.</summary>
    private static async Task UntilReleasedAsync(ModelService.ModelServiceClient models, string version)
    {
        while ((await models.ListVersionsAsync(new ListVersionsRequest())).Versions.Any(one => one.Version == version && one.State != VersionState.Available))
            await Task.Delay(TimeSpan.FromMilliseconds(5));
    }

    private static double Median(IEnumerable<long> samples)
    {
        long[] sorted = [.. samples.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2.0;
    }

    /// <summary>Resident memory of a process in bytes.</summary>
    private static long ResidentOf(int pid)
    {
        string line = File.ReadLines($"/proc/{pid}/status").First(static line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
        return long.Parse(line.AsSpan("VmRSS:".Length).Trim().TrimEnd("kB").Trim(), CultureInfo.InvariantCulture) * 1024;
    }
}

/// <summary>One server under swaps. Times in ms, memory in MB.</summary>
internal sealed record SwapRow
{
    public const string Head =
        "| server | swaps | swap s | calls | steady p50 / p99 / p99.9 ms | in swaps p50 / p99 / p99.9 ms | p99 ratio | errors | mixed | labelled | resident MB before / after | ratio |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |";

    public required string Label { get; init; }

    public required int Swaps { get; init; }

    public required double Rate { get; init; }

    public required double SwapSeconds { get; init; }

    public required double ActivateMilliseconds { get; init; }

    public required long Calls { get; init; }

    public required double SteadyP50 { get; init; }

    public required double SteadyP99 { get; init; }

    public required double SteadyP999 { get; init; }

    public required double SwapP50 { get; init; }

    public required double SwapP99 { get; init; }

    public required double SwapP999 { get; init; }

    public required double SendLagP99 { get; init; }

    public required long Errors { get; init; }

    public required long Mixed { get; init; }

    public required long Degraded { get; init; }

    public required double ResidentBefore { get; init; }

    public required double ResidentAfter { get; init; }

    public required string Machine { get; init; }

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"| {Label} | {Swaps} | {SwapSeconds:0.00} | {Calls:N0} | {SteadyP50:0.00} / {SteadyP99:0.00} / {SteadyP999:0.00} | {SwapP50:0.00} / {SwapP99:0.00} / {SwapP999:0.00} | {SwapP99 / SteadyP99:0.00} | {Errors} | {Mixed} | {Degraded} | {ResidentBefore:0} / {ResidentAfter:0} | {ResidentAfter / ResidentBefore:0.00} |");
}
