using Fuzz.Engine;
using Inference.Towers.Loading;
using Inference.Vectors;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fuzz.Targets;

/// <summary>
/// Index files of one kind: mapped, copied, and mapped without a look at the content. Whatever loads can be searched, and finds rows that it has; what it reads lies within the file, or the process ends.
/// </summary>
internal sealed class IndexTarget(IndexKind kind) : FileTarget
{
    public const int Rows = 300, Dimension = 6;

    private static readonly IndexLoadOptions[] Ways = [default, new(Resident: true), new(SkipVerification: true)];

    public override string Name => $"index-{kind.ToString().ToLowerInvariant()}";

    public override bool NeedsProcess => true;

    public override int TestCases => 150;

    public override int MostBytes => 1 << 20;

    public override (long PerByte, long Free) MostAllocated => (64, 8 << 20);

    public override IEnumerable<byte[]> Seeds()
    {
        foreach (Metric metric in new[] { Metric.InnerProduct, Metric.L2 })
            yield return Written(kind, metric, PathOf("seed.bin"), absent: []);
        if (kind is IndexKind.Fast or IndexKind.Compact)
            yield return Written(kind, Metric.Cosine, PathOf("seed.bin"), absent: [3, 299]);
    }

    public override void Repair(ref byte[] input) => IndexRepair.Run(input);

    public override bool Read(byte[] input)
    {
        string path = Put("index.bin", input);
        bool isTaken = true;
        foreach (IndexLoadOptions way in Ways)
            isTaken &= Takes(path, way);
        return isTaken;
    }

    /// <summary>An index of rows that are the same each time.</summary>
    public static byte[] Written(IndexKind kind, Metric metric, string path, int[] absent)
    {
        var random = new Random(3);
        using VectorMatrix rows = VectorMatrix.Create(Rows, Dimension, (_, row) =>
        {
            foreach (ref float element in row)
                element = (float)random.NextDouble() - 0.4f;
        });
        using VectorIndex index = IndexBuilder.Build(rows, metric, new IndexOptions { Kind = kind, Threads = 1, AbsentRows = absent });
        index.Save(path);
        return File.ReadAllBytes(path);
    }

    private static bool Takes(string path, IndexLoadOptions way)
    {
        try
        {
            using VectorIndex index = VectorIndex.Load(path, way);
            Search(index);
            return true;
        }
        catch (InvalidDataException e)
        {
            FuzzException.Unless(e.Message.Contains(path, StringComparison.Ordinal), "a refusal does not name the file");
            return false;
        }
    }

    private static void Search(VectorIndex index)
    {
        var query = new float[index.Dimension];
        var results = new Neighbor[12];
        for (int round = 0; round < 4; round++)
        {
            for (int i = 0; i < query.Length; i++)
                query[i] = MathF.Sin((i + 1) * (round + 1));
            Check(index, results.AsSpan(0, index.Search(query, results)));
            Check(index, results.AsSpan(0, index.Search(query, results, RowFilter.None, width: 40)));
        }

        if (index.Count == 0)
            return;
        using RowSet some = RowSet.Rent(index.Count);
        for (int row = 0; row < index.Count; row += 2)
            some.Add(row);
        int found = index.Search(query, results, RowFilter.Allow(some));
        Check(index, results.AsSpan(0, found));
        foreach (Neighbor neighbor in results.AsSpan(0, found))
            FuzzException.Unless(some.Contains(neighbor.Row), "a row is found that the filter leaves out");
        var vector = new float[index.Dimension];
        for (int row = 0; row < Math.Min(index.Count, 2 * Rows); row++)
        {
            if (!index.HasVector(row))
                continue;
            index.CopyVector(row, vector);
            _ = index.Score(query, row);
        }
    }

    private static void Check(VectorIndex index, ReadOnlySpan<Neighbor> found)
    {
        var seen = new HashSet<int>();
        foreach (Neighbor neighbor in found)
            FuzzException.Unless((uint)neighbor.Row < (uint)index.Count && seen.Add(neighbor.Row), "a row is found that is not there, or twice");
    }
}

/// <summary>The folder of parts of snapshots: a part that is damaged is not there, whatever is wrong with it.</summary>
internal sealed class PartCacheTarget : FileTarget
{
    public override string Name => "part-cache";

    public override bool NeedsProcess => true;

    public override int TestCases => 100;

    public override int MostBytes => 1 << 20;

    public override (long PerByte, long Free) MostAllocated => (64, 8 << 20);

    public override IEnumerable<byte[]> Seeds()
    {
        string path = PathOf("seed.bin");
        yield return IndexTarget.Written(IndexKind.Fast, Metric.InnerProduct, path, absent: []);
        using VectorMatrix rows = VectorMatrix.Create(10, IndexTarget.Dimension, static (row, elements) => elements.Fill(row));
        rows.Save(path);
        yield return File.ReadAllBytes(path);
    }

    public override void Repair(ref byte[] input) => IndexRepair.Run(input);

    public override bool Read(byte[] input)
    {
        string folder = Directory.CreateDirectory(PathOf("parts")).FullName;
        var cache = new PartCache(folder, long.MaxValue, NullLogger.Instance, TimeProvider.System);
        File.WriteAllBytes(cache.PathOf("index", "a"), input);
        File.WriteAllBytes(cache.PathOfEmbeddings("a"), input);
        using VectorIndex? index = cache.FindIndex("a", isResident: input.Length % 2 == 0, static index => index.Dimension == IndexTarget.Dimension);
        using VectorMatrix? embeddings = cache.FindEmbeddings("a", static matrix => matrix.Dimension == IndexTarget.Dimension);
        FuzzException.Unless(index is not null == File.Exists(cache.PathOf("index", "a")), "a damaged part stays");
        for (int row = 0; row < embeddings?.Count; row++)
            _ = embeddings.Row(row).Length;
        return index is not null || embeddings is not null;
    }
}
