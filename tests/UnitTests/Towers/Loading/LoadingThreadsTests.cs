using System.Collections.Concurrent;
using System.Globalization;
using Inference.Towers;
using Inference.Towers.Bundles;
using Inference.Towers.Loading;
using Inference.Vectors;
using Xunit;

namespace UnitTests.Towers.Loading;

public sealed class LoadingThreadsTests
{
    [Fact]
    public async Task RunAsync_WithParallelLoop_StaysOnItsOwnThreads()
    {
        using var threads = new LoadingThreads(3, niceness: 0);
        var names = new ConcurrentDictionary<string, bool>();

        bool pool = await threads.RunAsync(
            () =>
            {
                Parallel.For(0, 1000, new ParallelOptions { TaskScheduler = TaskScheduler.Current }, _ => names.TryAdd($"{Thread.CurrentThread.Name} {Thread.CurrentThread.IsThreadPoolThread}", true));
                return Thread.CurrentThread.IsThreadPoolThread;
            },
            CancellationToken.None);

        Assert.False(pool);
        Assert.Equal("bundle load False", Assert.Single(names).Key);
    }

    [Fact]
    public async Task RunAsync_OnOneThread_DoesParallelWorkToo()
    {
        using var threads = new LoadingThreads(1, niceness: 0);
        int done = await threads.RunAsync(
            () =>
            {
                int count = 0;
                Parallel.For(0, 100, new ParallelOptions { TaskScheduler = TaskScheduler.Current }, _ => Interlocked.Increment(ref count));
                return count;
            },
            CancellationToken.None);
        Assert.Equal(100, done);
    }

    [Fact]
    public async Task RunAsync_WhenAwaited_GoesOnElsewhere()
    {
        using var threads = new LoadingThreads(1, niceness: 0);
        // On the pool, where nothing of xunit's says where to go on.
        string? name = await Task.Run(async () =>
        {
            await threads.RunAsync(() => true, CancellationToken.None);
            return Thread.CurrentThread.Name;
        });
        Assert.NotEqual("bundle load", name);
    }

    [Fact]
    public async Task RunAsync_WithFailure_PassesItOn()
    {
        using var threads = new LoadingThreads(1, niceness: 0);
        await Assert.ThrowsAsync<InvalidDataException>(() => threads.RunAsync<bool>(() => throw new InvalidDataException("no"), CancellationToken.None));
        using var given = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => threads.RunAsync<bool>(
            () =>
            {
                given.Cancel();
                throw new OperationCanceledException(given.Token);
            },
            given.Token));
    }

    /// <summary>The whole load, from its first step to its last, on threads that stand back; and no other thread of the process does afterwards.</summary>
    [SkippableFact]
    public async Task LoadAsync_InTheBackground_StandsBackWithEveryThread()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "niceness of threads is a matter of Linux");
        using WrittenBundle bundle = await WrittenBundle.CreateAsync(new SmallWorld(items: 300).Content());
        var seen = new ConcurrentDictionary<BundleLoadStage, int>();
        var settings = new BundleLoadSettings
        {
            Pace = LoadPace.Background,
            Loading = new LoadingOptions { Threads = 2, Niceness = 7, CacheFolder = "" },
            Index = new ItemIndexOptions { Kind = ItemIndexKind.Fast },
            Progress = new Stages(stage => seen[stage] = OwnNiceness()),
        };

        LoadedBundle loaded = await BundleLoader.LoadAsync(bundle.Path, settings);

        loaded.Snapshot.Dispose();
        Assert.Equal(Enum.GetValues<BundleLoadStage>(), seen.Keys.Order());
        Assert.All(seen.Values, niceness => Assert.Equal(7, niceness));
        Assert.Equal(NicenessOfTheProcess(), OwnNiceness());
        await Task.WhenAll(Enumerable.Range(0, Environment.ProcessorCount * 2).Select(_ => Task.Run(() => Assert.Equal(NicenessOfTheProcess(), OwnNiceness()))));
    }

    [SkippableFact]
    public async Task LoadAsync_OfTheFirstBundle_StandsBackBehindNobody()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "niceness of threads is a matter of Linux");
        using WrittenBundle bundle = await WrittenBundle.CreateAsync();
        var seen = new ConcurrentDictionary<int, bool>();
        LoadedBundle loaded = await BundleLoader.LoadAsync(bundle.Path, new BundleLoadSettings { Progress = new Stages(_ => seen.TryAdd(OwnNiceness(), true)) });
        loaded.Snapshot.Dispose();
        Assert.Equal(NicenessOfTheProcess(), Assert.Single(seen).Key);
    }

    /// <summary>The builder's own threads are those of the load, too: their number and their niceness.</summary>
    [SkippableFact]
    public async Task Build_OnLoadingThreads_TakesNoOthers()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "niceness of threads is a matter of Linux");
        using var threads = new LoadingThreads(2, niceness: 5);
        var random = new Random(3);
        using VectorIndex index = await threads.RunAsync(
            () =>
            {
                using VectorMatrix rows = VectorMatrix.Create(3000, 16, (_, row) =>
                {
                    foreach (ref float element in row)
                        element = (float)random.NextDouble();
                });
                return IndexBuilder.Build(rows, Metric.InnerProduct, new IndexOptions { Kind = IndexKind.Fast, TargetRecall = 0, Threads = 64 });
            },
            CancellationToken.None);
        Assert.Equal(3000, index.Count);
        Assert.Equal(2, Niceness("bundle load").Count(niceness => niceness == 5));
    }

    private static int OwnNiceness() => NicenessIn(File.ReadAllText("/proc/thread-self/stat"));

    private static int NicenessOfTheProcess() => NicenessIn(File.ReadAllText("/proc/self/stat"));

    /// <summary>Of all threads with a name, which Linux cuts at 15 characters.</summary>
    private static List<int> Niceness(string name)
    {
        List<int> found = [];
        foreach (string task in Directory.EnumerateDirectories("/proc/self/task"))
        {
            try
            {
                string stat = File.ReadAllText(Path.Combine(task, "stat"));
                if (stat.Contains($"({name})", StringComparison.Ordinal))
                    found.Add(NicenessIn(stat));
            }
            catch (IOException)
            {
                // It has just ended.
            }
        }

        return found;
    }

    /// <summary>Field 19; names may have spaces, and end with the last parenthesis.</summary>
    private static int NicenessIn(string stat) => int.Parse(stat.Split(") ")[^1].Split(' ')[16], CultureInfo.InvariantCulture);

    private sealed class Stages(Action<BundleLoadStage> reported) : IProgress<BundleLoadProgress>
    {
        public void Report(BundleLoadProgress value) => reported(value.Stage);
    }
}
