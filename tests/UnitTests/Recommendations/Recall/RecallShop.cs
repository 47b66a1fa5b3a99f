using System.Diagnostics.Metrics;
using Inference.Recommendations;
using Inference.Recommendations.Pipeline;
using Inference.Recommendations.Recall;
using Inference.Recommendations.Snapshots;
using Inference.Vectors;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using UnitTests.Testing;
using UnitTests.Vectors;

namespace UnitTests.Recommendations.Recall;

/// <summary>A snapshot over an index of the test's choice, with a monitor whose checks run when the test says so.</summary>
internal sealed class RecallShop
{
    public const int Rows = 3_000, Dimension = 16, Wanted = 10;

    public RecallShop(VectorIndex index, RecallOptions? options = null, VectorFile? originals = null)
    {
        Options = options ?? new RecallOptions { Share = 1, MinSamples = 10, ProcessorShare = 1 };
        Snapshot = Make(index, "1", originals);
        Registry.Activate(Snapshot);
        Meters = new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>();
        Monitor = new RecallMonitor(Options, new RecallMetrics(Meters, Registry), Time, NullLogger<RecallMonitor>.Instance, () => ProcessorTime);
        Searches = new IndexSearches(Monitor, new RecommendationMetrics(Meters), Time);
    }

    public RecallOptions Options { get; }

    public Snapshot Snapshot { get; }

    public SnapshotRegistry Registry { get; } = new();

    public ManualTime Time { get; } = new();

    /// <summary>What the thread of the checks is said to have had.</summary>
    public TimeSpan ProcessorTime { get; set; }

    public IMeterFactory Meters { get; }

    public RecallMonitor Monitor { get; }

    public IndexSearches Searches { get; }

    public RecallReport Report => Monitor.Report(Snapshot)!;

    public static VectorMatrix Matrix(int seed = 1) => SeededVectors.Matrix(Rows, Dimension, seed);

    public static VectorIndex Graph(IndexKind kind, int seed = 1)
    {
        using VectorMatrix matrix = Matrix(seed);
        return IndexBuilder.Build(matrix, Metric.InnerProduct, new IndexOptions { Kind = kind, Threads = 1 });
    }

    public static float[] Query(int seed) => SeededVectors.Uniform(Dimension, 10_000 + seed);

    public Snapshot Make(VectorIndex index, string version, VectorFile? originals = null)
    {
        var items = new ItemCatalogue([.. Enumerable.Range(0, index.Count).Select(i => $"i{i}")], [.. Enumerable.Repeat<string?>(null, index.Count)]);
        return new Snapshot(
            new ModelIdentity("shop", version, "space", index.Dimension, index.Metric), items, new LiveIndex(index), new ScriptedTower(_ => throw new NotSupportedException()), null, new Popularity(new float[index.Count]), null)
        {
            Originals = originals,
        };
    }

    /// <summary>A search as a request does it; a check of it waits then.</summary>
    public int[] Search(float[] query, RowFilter filter = default, int wanted = Wanted, DateTimeOffset? deadline = null)
    {
        var found = new Neighbor[wanted];
        Degraded = new Degradations();
        int count = Searches.Search(Snapshot, query, found, filter, new Budget(Time, deadline ?? DateTimeOffset.MaxValue, TimeSpan.Zero), Degraded);
        return [.. found.Take(count).Select(neighbor => neighbor.Row)];
    }

    /// <summary>What the last search said in its reply.</summary>
    public Degradations Degraded { get; private set; } = new();

    /// <summary>Searches and checks them one by one.</summary>
    public void Ask(int searches, int firstSeed = 0, RowFilter filter = default)
    {
        for (int i = 0; i < searches; i++)
        {
            Search(Query(firstSeed + i), filter);
            Monitor.CheckNext();
            Time.Advance(TimeSpan.FromSeconds(1));
        }
    }
}
