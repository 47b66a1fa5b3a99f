using System.Diagnostics;
using System.Globalization;
using System.Numerics.Tensors;
using System.Text.Json;
using Inference.Vectors;
using Inference.Vectors.Files;

namespace Benchmarks.Vectors;

/// <summary>
/// `index-filters`: what searches find, and how many a core does in a second, while a filter leaves some of the rows: rows at random, or those at one end of a random direction,
/// which lie together and have more or less to do with the query. Indexes are timed in turns; run it on one core (taskset).
/// </summary>
internal static class IndexFilters
{
    private const int Wanted = 10;

    private static readonly JsonSerializerOptions _indented = new() { WriteIndented = true };

    private static readonly double[] Shares = [1, 0.5, 0.1, 0.01, 0.001];

    public static int Run(ReadOnlySpan<string> args)
    {
        string? basePath = null, queryPath = null, json = null, load = null, save = null;
        string kinds = "fast,compact,exact";
        Metric metric = default;
        int limit = int.MaxValue, queries = 200, rounds = 5;
        double recall = 0.95;
        for (int i = 0; i < args.Length; i += 2)
        {
            string? value = i + 1 < args.Length ? args[i + 1] : null;
            bool understood = args[i] switch
            {
                "--base" => (basePath = value) is not null,
                "--queries" => (queryPath = value) is not null,
                "--metric" => Enum.TryParse(value == "ip" ? nameof(Metric.InnerProduct) : value, ignoreCase: true, out metric),
                "--index" => (kinds = value ?? "").Length > 0,
                "--limit" => int.TryParse(value, CultureInfo.InvariantCulture, out limit) && limit > 0,
                "--searches" => int.TryParse(value, CultureInfo.InvariantCulture, out queries) && queries > 0,
                "--rounds" => int.TryParse(value, CultureInfo.InvariantCulture, out rounds) && rounds > 0,
                "--recall" => double.TryParse(value, CultureInfo.InvariantCulture, out recall) && recall is > 0 and <= 1,
                "--load" => (load = value) is not null,
                "--save" => (save = value) is not null,
                "--json" => (json = value) is not null,
                _ => false,
            };
            if (!understood)
                return Usage();
        }
        if (basePath is null || queryPath is null || metric == default)
            return Usage();
        using VectorMatrix rows = Prefix(NpyFile.ReadMatrix(basePath), limit), questions = Prefix(NpyFile.ReadMatrix(queryPath), queries);
        using VectorIndex exact = IndexBuilder.Build(rows, metric, new IndexOptions { Kind = IndexKind.Exact });
        VectorIndex[] indexes = [.. kinds.Split(',').Select(name => Index(Enum.Parse<IndexKind>(name, ignoreCase: true), rows, metric, recall, load, save))];
        var lines = new List<Line>();
        Console.WriteLine($"{rows.Count:N0} × {rows.Dimension} {metric}, {questions.Count} queries, top {Wanted}, widths {string.Join(", ", indexes.Select(static i => $"{i.Kind} {i.Tuning?.Width}"))}; {Machine.Processor()}");
        Console.WriteLine("| eligible | share % | index | recall@10 | queries/s | µs | ns an eligible row |");
        Console.WriteLine("| --- | ---: | --- | ---: | ---: | ---: | ---: |");
        foreach ((string name, double share, RowSet? allowed) in Filters(rows))
        {
            RowFilter filter = allowed is null ? default : RowFilter.Allow(allowed);
            double[] recalls = Array.ConvertAll(indexes, index => Recall(index, exact, questions, filter));
            Interleaved.Timing[] times = Interleaved.Nanoseconds(Array.ConvertAll(indexes, index => ("", new Func<double>(() => SearchAll(index, questions, filter)))), rounds, scansPerTurn: 1);
            for (int i = 0; i < indexes.Length; i++)
            {
                double microseconds = times[i].Median / questions.Count / 1e3;
                var line = new Line(name, share, indexes[i].Kind, recalls[i], 1e6 / microseconds, microseconds);
                lines.Add(line);
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"| {name} | {100 * share:G3} | {line.Index} | {line.Recall:F4} | {line.QueriesPerSecond:N0} | {microseconds:F1} | {1e3 * microseconds / (allowed?.Count ?? rows.Count):F1} |"));
            }
            allowed?.Dispose();
        }
        if (json is not null)
            File.WriteAllText(json, JsonSerializer.Serialize(lines, _indented));
        foreach (VectorIndex index in indexes)
            index.Dispose();
        return 0;
    }

    private static int Usage()
    {
        Console.Error.WriteLine(
            "usage: index-filters --base F.npy --queries F.npy --metric ip|cosine|l2 [--index fast,compact,exact] [--limit ROWS] [--searches N] [--rounds N] [--recall R] [--load PREFIX] [--save PREFIX] [--json FILE]");
        return 2;
    }

    /// <summary>Loaded from PREFIX-kind.vix where there is such a file, or built, and saved there.</summary>
    private static VectorIndex Index(IndexKind kind, VectorMatrix rows, Metric metric, double recall, string? load, string? save)
    {
        string suffix = $"-{kind.ToString().ToLowerInvariant()}.vix";
        if (load is not null && File.Exists(load + suffix))
            return VectorIndex.Load(load + suffix, new IndexLoadOptions(Resident: true));
        var watch = Stopwatch.StartNew();
        VectorIndex index = IndexBuilder.Build(rows, metric, new IndexOptions { Kind = kind, TargetRecall = recall });
        Console.Error.WriteLine($"{kind} built in {watch.Elapsed.TotalSeconds:F1} s");
        if (save is not null)
            index.Save(save + suffix);
        return index;
    }

    private static VectorMatrix Prefix(VectorMatrix matrix, int limit)
    {
        if (matrix.Count <= limit)
            return matrix;
        using (matrix)
            return VectorMatrix.Create(limit, matrix.Dimension, (row, vector) => matrix.Row(row).CopyTo(vector));
    }

    /// <summary>Each set is the caller's to dispose.</summary>
    private static IEnumerable<(string Name, double Share, RowSet? Allowed)> Filters(VectorMatrix rows)
    {
        var random = new Random(1);
        int[] shuffled = [.. Enumerable.Range(0, rows.Count)];
        random.Shuffle(shuffled);
        float[] direction = [.. Enumerable.Range(0, rows.Dimension).Select(_ => random.NextSingle() - 0.5f)];
        float[] products = [.. Enumerable.Range(0, rows.Count).Select(row => TensorPrimitives.Dot(rows.Row(row), direction))];
        int[] ranked = [.. Enumerable.Range(0, rows.Count).OrderBy(row => products[row])];
        foreach (double share in Shares)
        {
            if (share == 1)
            {
                yield return ("all", share, null);
                continue;
            }
            int count = (int)(share * rows.Count);
            yield return ("random", share, SetOf(shuffled.AsSpan(0, count), rows.Count));
            yield return ("near a direction", share, SetOf(ranked.AsSpan(rows.Count - count), rows.Count));
            yield return ("far from it", share, SetOf(ranked.AsSpan(0, count), rows.Count));
        }
    }

    private static RowSet SetOf(ReadOnlySpan<int> members, int rows)
    {
        RowSet set = RowSet.Rent(rows);
        set.AddRange(members);
        return set;
    }

    private static double Recall(VectorIndex index, VectorIndex exact, VectorMatrix queries, RowFilter filter)
    {
        Neighbor[] truth = new Neighbor[Wanted], results = new Neighbor[Wanted];
        int hits = 0, possible = 0;
        for (int i = 0; i < queries.Count; i++)
        {
            int expected = exact.Search(queries.Row(i), truth, filter), found = index.Search(queries.Row(i), results, filter);
            possible += expected;
            float worst = expected == 0 ? 0 : truth[expected - 1].Score - 1e-6f * Math.Abs(truth[expected - 1].Score);
            foreach (Neighbor neighbor in results.AsSpan(0, found))
                hits += exact.Score(queries.Row(i), neighbor.Row) >= worst ? 1 : 0;
        }
        return possible == 0 ? 1 : (double)hits / possible;
    }

    private static double SearchAll(VectorIndex index, VectorMatrix queries, RowFilter filter)
    {
        var results = new Neighbor[Wanted];
        int found = 0;
        for (int i = 0; i < queries.Count; i++)
            found += index.Search(queries.Row(i), results, filter);
        return found;
    }

    private sealed record Line(string Eligible, double Share, IndexKind Index, double Recall, double QueriesPerSecond, double Microseconds);
}
