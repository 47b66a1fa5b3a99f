using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Benchmarks.Loading;

/// <summary>
/// `start`: from the start of the server's process to its first good answer of /readyz, with an empty cache folder and with one that an earlier start filled. The bundles' files are in the
/// system's page cache either way.
/// </summary>
internal static class StartReport
{
    public static async Task<int> RunAsync(string[] args)
    {
        int[] sizes = [20_000, 1_000_000];
        int runs = 5;
        string worlds = ".local/bench";
        string? json = null;
        var more = new List<string>();
        for (int i = 0; i < args.Length; i += 2)
        {
            string? value = i + 1 < args.Length ? args[i + 1] : null;
            bool understood = args[i] switch
            {
                "--items" => (sizes = [.. (value ?? "").Split(',').Select(size => int.TryParse(size, CultureInfo.InvariantCulture, out int items) ? items : 0)]).All(items => items > 0),
                "--runs" => int.TryParse(value, CultureInfo.InvariantCulture, out runs) && runs > 0,
                "--worlds" => (worlds = value ?? "").Length > 0,
                "--server" => value is not null && Add(value),
                "--json" => (json = value) is not null,
                _ => false,
            };
            if (!understood)
            {
                Console.Error.WriteLine("usage: start [--items N,N] [--runs N] [--worlds DIR] [--server ARGUMENT]... [--json FILE]");
                return 2;
            }
        }

        Console.WriteLine($"{RuntimeInformation.FrameworkDescription}; {Machine.Processor()}; {StartWorld.Dimension} dimensions; medians of {runs} starts");
        Console.WriteLine("\n| items | cache | ready, s | of that the load, s | allocated, MB | collections | paused, ms | resident, MB | most resident, MB |\n| ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
        var rows = new List<object>();
        foreach (int items in sizes)
        {
            string bundle = await StartWorld.EnsureAsync(worlds, items);
            string cache = Directory.CreateTempSubdirectory("inference-start-").FullName;
            try
            {
                var cold = new List<ServerStart>();
                for (int run = 0; run < runs; run++)
                {
                    Directory.Delete(cache, recursive: true);
                    Directory.CreateDirectory(cache);
                    cold.Add(await ServerStart.MeasureAsync(bundle, cache, keeps: 1, more));
                }

                rows.Add(Print(items, "empty", cold));
                var cached = new List<ServerStart>();
                for (int run = 0; run < runs; run++)
                    cached.Add(await ServerStart.MeasureAsync(bundle, cache, keeps: 0, more));
                rows.Add(Print(items, "filled", cached));
            }
            finally
            {
                Directory.Delete(cache, recursive: true);
            }
        }

        if (json is not null)
            await File.WriteAllTextAsync(json, JsonSerializer.Serialize(new { machine = Machine.Processor(), runtime = RuntimeInformation.FrameworkDescription, dimension = StartWorld.Dimension, runs, rows }, Machine.Json) + "\n");
        return 0;

        bool Add(string argument)
        {
            more.Add(argument);
            return true;
        }
    }

    private static object Print(int items, string cache, List<ServerStart> starts)
    {
        double ready = Median(starts, start => start.ReadySeconds), load = Median(starts, start => start.Stages.Values.Sum()) / 1e3;
        double allocated = Median(starts, start => start.AllocatedBytes), collections = Median(starts, start => start.Collections), paused = Median(starts, start => start.PauseSeconds);
        double resident = Median(starts, start => start.ResidentBytes), peak = Median(starts, start => start.PeakBytes);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| {items:N0} | {cache} | {ready:0.00} | {load:0.00} | {allocated / 1e6:N0} | {collections:0} | {paused * 1e3:0} | {resident / 1e6:N0} | {peak / 1e6:N0} |"));
        Dictionary<string, double> stages = starts[0].Stages.Keys.ToDictionary(stage => stage, stage => Median(starts, start => start.Stages.GetValueOrDefault(stage)));
        Console.Error.WriteLine("  ms: " + string.Join(", ", stages.Select(stage => string.Create(CultureInfo.InvariantCulture, $"{stage.Key} {stage.Value:0}"))));
        return new { items, cache, readySeconds = ready, loadSeconds = load, stageMilliseconds = stages, allocatedBytes = allocated, collections, pauseSeconds = paused, residentBytes = resident, peakResidentBytes = peak };
    }

    private static double Median(List<ServerStart> starts, Func<ServerStart, double> of)
    {
        double[] values = [.. starts.Select(of).Order()];
        return (values[values.Length / 2] + values[(values.Length - 1) / 2]) / 2;
    }
}
