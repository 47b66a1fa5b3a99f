using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Inference.Vectors;

namespace Benchmarks.Vectors;

/// <summary>`index-file`: how long an index takes to load from a file in the page cache, mapped or copied, checked or not, and how fast it is searched then.</summary>
internal static class IndexFileReport
{
    private static readonly (string Name, IndexLoadOptions Options)[] Ways =
    [
        ("mapped, checked", default),
        ("mapped", new(SkipVerification: true)),
        ("resident, checked", new(Resident: true)),
        ("resident", new(Resident: true, SkipVerification: true)),
    ];

    public static int Run(ReadOnlySpan<string> args)
    {
        int rows = 1_000_000, dimension = 64, rounds = 7;
        string folder = Path.GetTempPath();
        for (int i = 0; i < args.Length; i += 2)
        {
            string? value = i + 1 < args.Length ? args[i + 1] : null;
            bool understood = args[i] switch
            {
                "--rows" => int.TryParse(value, CultureInfo.InvariantCulture, out rows) && rows > 0,
                "--dimension" => int.TryParse(value, CultureInfo.InvariantCulture, out dimension) && dimension > 0,
                "--rounds" => int.TryParse(value, CultureInfo.InvariantCulture, out rounds) && rounds > 0,
                "--folder" => Directory.Exists(folder = value ?? ""),
                _ => false,
            };
            if (!understood)
            {
                Console.Error.WriteLine("usage: index-file [--rows N] [--dimension D] [--rounds R] [--folder DIR]");
                return 2;
            }
        }
        string path = Path.Combine(folder, $"{Guid.NewGuid():N}.vix");
        try
        {
            using (VectorMatrix matrix = RandomVectors.Matrix(rows, dimension, seed: 1))
            using (var index = new ExactIndex(matrix, Metric.InnerProduct))
            {
                long start = Stopwatch.GetTimestamp();
                index.Save(path);
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"index files, {rows:N0} × {dimension}, {new FileInfo(path).Length / 1e9:F2} GB; saved in {Stopwatch.GetElapsedTime(start).TotalSeconds:F1} s; {RuntimeInformation.FrameworkDescription}; {Machine.Processor()}"));
            }
            Measure(path, dimension, rounds);
        }
        finally
        {
            File.Delete(path);
        }
        return 0;
    }

    private static void Measure(string path, int dimension, int rounds)
    {
        Interleaved.Timing[] loads = Interleaved.Nanoseconds(
            Array.ConvertAll(Ways, way => (way.Name, new Func<double>(() =>
            {
                using VectorIndex index = VectorIndex.Load(path, way.Options);
                return index.Count;
            }))),
            rounds,
            scansPerTurn: 1);
        VectorIndex[] indexes = [VectorIndex.Load(path), VectorIndex.Load(path, new IndexLoadOptions(Resident: true))];
        float[] query = RandomVectors.Query(dimension, seed: 2);
        var results = new Neighbor[10];
        Interleaved.Timing[] searches = Interleaved.Nanoseconds(Array.ConvertAll(indexes, index => ("", new Func<double>(() => index.Search(query, results)))), rounds, scansPerTurn: 1);
        Console.WriteLine("| loaded | ms | (least) | search ms | (least) |");
        Console.WriteLine("| --- | ---: | ---: | ---: | ---: |");
        for (int i = 0; i < Ways.Length; i++)
        {
            Interleaved.Timing search = searches[i / 2];
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"| {Ways[i].Name} | {loads[i].Median / 1e6:F1} | {loads[i].Least / 1e6:F1} | {search.Median / 1e6:F2} | {search.Least / 1e6:F2} |"));
        }
        foreach (VectorIndex index in indexes)
            index.Dispose();
    }
}
