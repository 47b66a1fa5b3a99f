using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using Inference.Training.Chance;
using Inference.Training.Data;
using Inference.Training.Splits;

namespace Benchmarks.Training;

/// <summary>`data-folder`: how fast a data folder is read, plain and packed, by the clock and by the processor time of all threads, what it takes in memory, and how long its split and its training events take.</summary>
internal static class DataFolderReport
{
    private const long FirstSecond = 1_600_000_000;

    public static int Run(ReadOnlySpan<string> args)
    {
        int events = 5_000_000, users = 200_000, items = 50_000, rounds = 3;
        for (int i = 0; i < args.Length; i += 2)
        {
            string? value = i + 1 < args.Length ? args[i + 1] : null;
            bool understood = args[i] switch
            {
                "--events" => int.TryParse(value, CultureInfo.InvariantCulture, out events) && events > 0,
                "--users" => int.TryParse(value, CultureInfo.InvariantCulture, out users) && users > 0,
                "--items" => int.TryParse(value, CultureInfo.InvariantCulture, out items) && items > 0,
                "--rounds" => int.TryParse(value, CultureInfo.InvariantCulture, out rounds) && rounds > 0,
                _ => false,
            };
            if (!understood)
            {
                Console.Error.WriteLine("usage: data-folder [--events N] [--users N] [--items N] [--rounds R]");
                return 2;
            }
        }

        string folder = Directory.CreateTempSubdirectory("data-folder").FullName;
        try
        {
            Console.WriteLine($"{Machine.Processor()}; {events} events of {users} users with {items} items; best of {rounds}");
            string plain = Path.Combine(folder, "events.csv"), packed = plain + ".gz";
            WriteEvents(plain, events, users, items);
            using (FileStream source = File.OpenRead(plain))
            using (var target = new GZipStream(File.Create(packed), CompressionLevel.Optimal))
                source.CopyTo(target);

            DataFolder data = Measure("plain", folder, plain, rounds);
            File.Delete(plain);
            Measure("gzip", folder, packed, rounds);
            long start = Stopwatch.GetTimestamp();
            ColdSplit split = ColdSplitBuilder.Build(data);
            double splitSeconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            start = Stopwatch.GetTimestamp();
            TrainingEvents training = TrainingEventsBuilder.Build(split, data.Events);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"split {splitSeconds:0.00} s; {training.Total} training events {Stopwatch.GetElapsedTime(start).TotalSeconds:0.00} s"));
            return 0;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static DataFolder Measure(string name, string folder, string path, int rounds)
    {
        double bytes = new FileInfo(path).Length, best = double.MaxValue, bestCpu = double.MaxValue;
        DataFolder? data = null;
        long before = GC.GetTotalMemory(forceFullCollection: true);
        for (int round = 0; round < rounds; round++)
        {
            data = null;
            GC.Collect();
            TimeSpan cpu = Environment.CpuUsage.TotalTime;
            long start = Stopwatch.GetTimestamp();
            data = DataFolder.Open(folder);
            bestCpu = Math.Min(bestCpu, (Environment.CpuUsage.TotalTime - cpu).TotalSeconds);
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        double held = GC.GetTotalMemory(forceFullCollection: true) - before;
        int count = data!.Events.Count;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{name,-6} {best,6:0.00} s, {bestCpu,6:0.00} s of processor time  {count / best / 1e6,6:0.00} million events/s, {count / bestCpu / 1e6,6:0.00} per second of processor time  {bytes / best / 1e6,6:0} MB/s of the file  {held / count,5:0.0} bytes/event held"));
        return data;
    }

    /// <summary>Events in the order of time, of a few popular items and many others; columns as in the sets that shops hand out.</summary>
    private static void WriteEvents(string path, int events, int users, int items)
    {
        var random = new SeededRandom(1);
        var popularity = new AliasTable(Zipf.Weights(items, 0.8));
        using var csv = new CsvWriter(path, "user_id", "item_id", "value", "timestamp", "basket_id");
        int user = 0, basket = 500_000;
        for (int i = 0; i < events; i++)
        {
            if (random.NextInt(4) == 0)
            {
                user = random.NextInt(users);
                basket++;
            }

            csv.Field(10_000 + user).Field($"i{popularity.Draw(ref random)}").Field(1 + random.NextInt(5)).Field(FirstSecond + i / 3).Field(basket).EndLine();
        }
    }
}
