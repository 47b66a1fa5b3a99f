using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Inference.Recommendations.Features;
using Inference.Recommendations.Ports;
using Inference.Towers;
using Inference.Towers.Bundles;
using Inference.Towers.Loading;
using Inference.Vectors;

namespace Benchmarks.Loading;

/// <summary>
/// `model-leak`: loads a broken and a good bundle in turn, uses the good one and lets it go, and looks at the memory of the process, the managed heap, threads and open files on the way. The
/// broken one fails at its last check, after everything was made. Ends with 1 where memory grows by more than the limit.
/// </summary>
internal static class LeakReport
{
    private const int Points = 20;

    public static async Task<int> RunAsync(string[] args)
    {
        int loads = 1000, items = 2000;
        double limit = 5;
        string? json = null;
        for (int i = 0; i < args.Length; i += 2)
        {
            string? value = i + 1 < args.Length ? args[i + 1] : null;
            bool understood = args[i] switch
            {
                "--loads" => int.TryParse(value, CultureInfo.InvariantCulture, out loads) && loads >= 2 * Points,
                "--items" => int.TryParse(value, CultureInfo.InvariantCulture, out items) && items > 0,
                "--limit" => double.TryParse(value, CultureInfo.InvariantCulture, out limit) && limit > 0,
                "--json" => (json = value) is not null,
                _ => false,
            };
            if (!understood)
            {
                Console.Error.WriteLine($"usage: model-leak [--loads N, {2 * Points} at least] [--items N] [--limit PERCENT] [--json FILE]");
                return 2;
            }
        }

        string folder = Directory.CreateTempSubdirectory("inference-leak-").FullName;
        try
        {
            BundleContent content = await StartWorld.MakeAsync(items);
            string good = Path.Combine(folder, "good", "1"), broken = Path.Combine(folder, "broken", "1");
            await BundleWriter.WriteAsync(good, content);
            GoldenCase wrong = content.Golden!.Cases![^1];
            await BundleWriter.WriteAsync(broken, content with { Golden = content.Golden with { Cases = [.. content.Golden.Cases.SkipLast(1), wrong with { Embedding = [.. wrong.Embedding!.Select(x => x + 1)] }] } });
            Console.WriteLine($"{RuntimeInformation.FrameworkDescription}; {Machine.Processor()}; {items:N0} items, {loads} loads, every second one of a broken bundle");
            var parts = new List<object>();
            bool isFlat = true;
            foreach ((string name, string cache) in ((string, string)[])[("no cache", ""), ("filled cache", Path.Combine(folder, "cache"))])
            {
                List<Point> points = await MeasureAsync(good, broken, loads, cache);
                isFlat &= Print(name, points, limit, out object part);
                parts.Add(part);
            }

            if (json is not null)
                await File.WriteAllTextAsync(json, JsonSerializer.Serialize(new { machine = Machine.Processor(), runtime = RuntimeInformation.FrameworkDescription, items, loads, limitPercent = limit, parts }, Machine.Json) + "\n");
            return isFlat ? 0 : 1;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<List<Point>> MeasureAsync(string good, string broken, int loads, string cache)
    {
        var settings = new BundleLoadSettings { Pace = LoadPace.Background, Loading = new LoadingOptions { CacheFolder = cache, Niceness = 0, WarmUpTime = TimeSpan.FromMilliseconds(200) } };
        var points = new List<Point>();
        for (int load = 0; load <= loads; load++)
        {
            if (load % (loads / Points) == 0)
                points.Add(await Point.NowAsync(load));
            if (load % 2 == 0)
                await UseAsync(await BundleLoader.LoadAsync(good, settings));
            else
                await RefuseAsync(broken, settings);
        }

        return points;
    }

    private static async Task UseAsync(LoadedBundle loaded)
    {
        using (loaded.Snapshot)
        {
            var embedding = new float[loaded.Snapshot.Model.Dimension];
            await loaded.Snapshot.UserTower.EncodeAsync(new[] { new UserTowerInput(default(FeatureSet), new[] { 1, 2, 3 }) }, embedding, CancellationToken.None);
            loaded.Snapshot.Index.Search(embedding, new Neighbor[10]);
            await loaded.Kept;
        }
    }

    private static async Task RefuseAsync(string broken, BundleLoadSettings settings)
    {
        try
        {
            (await BundleLoader.LoadAsync(broken, settings)).Snapshot.Dispose();
        }
        catch (BundleException)
        {
            return;
        }

        throw new InvalidOperationException("The broken bundle was loaded.");
    }

    private static bool Print(string name, List<Point> points, double limit, out object part)
    {
        Console.WriteLine($"\n{name}\n\n| loads | resident, MB | managed, MB | threads | open files |\n| ---: | ---: | ---: | ---: | ---: |");
        foreach (Point point in points)
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {point.Loads} | {point.Resident / 1e6:0.0} | {point.Managed / 1e6:0.0} | {point.Threads} | {point.Files} |"));
        // The first fifth fills pools and compiles code.
        Point[] settled = [.. points.Skip(points.Count / 5)];
        double resident = Slope(settled, point => point.Resident), managed = Slope(settled, point => point.Managed);
        double span = settled[^1].Loads - settled[0].Loads;
        double growth = 100 * resident * span / settled.Average(point => point.Resident);
        bool isFlat = growth <= limit && settled[^1].Threads <= settled[0].Threads + 2 && settled[^1].Files <= settled[0].Files + 2;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"\nper load {resident / 1e3:0.0} kB resident, {managed / 1e3:0.0} kB managed; {growth:0.0} % over {span:0} loads, {limit:0.0} % are allowed: {(isFlat ? "flat" : "it grows")}"));
        part = new { name, residentBytesPerLoad = resident, managedBytesPerLoad = managed, growthPercent = growth, isFlat, points };
        return isFlat;
    }

    /// <summary>The median of the slopes between any two points (Theil, 1950; Sen, 1968): a point that lies apart does not tilt it.</summary>
    private static double Slope(Point[] points, Func<Point, double> of)
    {
        List<double> slopes = [];
        for (int i = 0; i < points.Length; i++)
        {
            for (int j = i + 1; j < points.Length; j++)
                slopes.Add((of(points[j]) - of(points[i])) / (points[j].Loads - points[i].Loads));
        }

        slopes.Sort();
        return slopes[slopes.Count / 2];
    }

    private sealed record Point(int Loads, long Resident, long Managed, int Threads, int Files)
    {
        public static async Task<Point> NowAsync(int loads)
        {
            // What nobody holds any more is no leak: threads end, finalizers run and memory goes back a moment after the last load.
            for (int i = 0; i < 2; i++)
            {
                await Task.Delay(100);
                GC.Collect();
                GC.WaitForPendingFinalizers();
            }

            using Process self = Process.GetCurrentProcess();
            return new Point(loads, self.WorkingSet64, GC.GetTotalMemory(forceFullCollection: false), self.Threads.Count, Directory.Exists("/proc/self/fd") ? Directory.GetFiles("/proc/self/fd").Length : 0);
        }
    }
}
