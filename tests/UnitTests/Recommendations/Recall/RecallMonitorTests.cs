using Inference.Recommendations.Queries;
using Inference.Recommendations.Recall;
using Inference.Recommendations.Snapshots;
using Inference.Vectors;
using UnitTests.Vectors;
using UnitTests.Vectors.Graph;
using Xunit;

namespace UnitTests.Recommendations.Recall;

public sealed class RecallMonitorTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    [Theory]
    [InlineData(IndexKind.Fast)]
    [InlineData(IndexKind.Compact)]
    [InlineData(IndexKind.Exact)]
    public void Check_OfASoundIndex_FindsItSound(IndexKind kind)
    {
        var shop = new RecallShop(RecallShop.Graph(kind));

        shop.Ask(50);

        Assert.Equal((50L, 50, 500L), (shop.Report.Checked, shop.Report.Overall.Samples, shop.Report.Overall.Wanted));
        Assert.InRange(shop.Report.Overall.Recall, kind == IndexKind.Exact ? 1 : 0.97, 1);
        Assert.False(shop.Report.IsDegraded);
        Assert.Equal(50, shop.Report.ByFilter[(int)FilterClass.None].Samples);
    }

    [Theory]
    [InlineData(IndexKind.Fast)]
    [InlineData(IndexKind.Compact)]
    public void Check_OfAGraphWithBrokenLinks_TellsAndScansInstead(IndexKind kind)
    {
        using VectorIndex sound = RecallShop.Graph(kind);
        var shop = new RecallShop(DamagedIndex.BrokenLinks(sound), new RecallOptions { Share = 1, MinSamples = 10, ProcessorShare = 1, Fallback = RecallFallback.Exact });
        using var truth = new ExactIndex(RecallShop.Matrix(), Metric.InnerProduct);

        shop.Ask(20);

        Assert.True(shop.Report is { IsDegraded: true, Scans: true }, shop.Report.Detail);
        Assert.InRange(shop.Report.Overall.Recall, 0, 0.8);
        Assert.Equal(1, shop.Report.Scan.Recall);
        double found = 0;
        for (int i = 0; i < 20; i++)
        {
            float[] query = RecallShop.Query(500 + i);
            var best = new Neighbor[RecallShop.Wanted];
            truth.Search(query, best);
            found += shop.Search(query).Intersect(best.Select(neighbor => neighbor.Row)).Count();
            shop.Monitor.CheckNext();
        }

        // Its codes are all there, so a scan by them finds what is to be found; and the graph goes on being asked.
        Assert.InRange(found / 200, 0.97, 1);
        Assert.True(shop.Report.IsDegraded);
        Assert.InRange(shop.Report.Overall.Recall, 0, 0.8);
    }

    [Fact]
    public void Search_WithTooLittleTimeForAScan_AsksTheIndexAndSaysSo()
    {
        using VectorIndex sound = RecallShop.Graph(IndexKind.Fast);
        var shop = new RecallShop(DamagedIndex.BrokenLinks(sound), new RecallOptions { Share = 1, MinSamples = 10, ProcessorShare = 1, Fallback = RecallFallback.Exact });
        shop.Ask(10);
        shop.Snapshot.Recall!.Scanned(TimeSpan.FromMilliseconds(5).Ticks * 1000);

        shop.Search(RecallShop.Query(1), deadline: shop.Time.GetUtcNow() + TimeSpan.FromMilliseconds(1));

        Assert.Contains(shop.Degraded.List, degradation => degradation is { Component: Components.Index, Reason: DegradationReason.Timeout });
        shop.Search(RecallShop.Query(1), deadline: shop.Time.GetUtcNow() + TimeSpan.FromHours(1));
        Assert.Empty(shop.Degraded.List);
    }

    [Fact]
    public void Check_OfAGraphWithBrokenVectors_TellsByTheEmbeddingsOfTheBundleAlone()
    {
        string path = Path.Combine(Directory.CreateTempSubdirectory("recall-").FullName, "items.npy");
        using VectorIndex sound = RecallShop.Graph(IndexKind.Fast);
        using VectorMatrix matrix = RecallShop.Matrix();
        NpyFile.Write(path, SeededVectors.Uniform(RecallShop.Rows * RecallShop.Dimension, 1), RecallShop.Rows, RecallShop.Dimension);
        using var originals = new VectorFile(path, RecallShop.Rows, RecallShop.Dimension);
        var shop = new RecallShop(DamagedIndex.BrokenVectors(sound), new RecallOptions { Share = 1, MinSamples = 10, ProcessorShare = 1, Fallback = RecallFallback.Exact }, originals);
        var alone = new RecallShop(DamagedIndex.BrokenVectors(sound), new RecallOptions { Share = 1, MinSamples = 10, ProcessorShare = 1, Truth = RecallTruth.Index }, originals);

        shop.Ask(20);
        alone.Ask(20);

        Assert.True(shop.Report is { IsAgainstEmbeddings: true, IsDegraded: true, Scans: false }, shop.Report.Detail);
        Assert.InRange(shop.Report.Scan.Recall, 0, 0.5);
        Assert.False(alone.Report.IsAgainstEmbeddings);
        Assert.True(alone.Report.Overall.Recall > shop.Report.Overall.Recall);
        Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);
    }

    [Fact]
    public void Check_AgainstEmbeddings_CountsWhatCodesLose()
    {
        string path = Path.Combine(Directory.CreateTempSubdirectory("recall-").FullName, "items.vix");
        using (VectorMatrix matrix = RecallShop.Matrix())
            matrix.Save(path);
        using var originals = new VectorFile(path, RecallShop.Rows, RecallShop.Dimension);
        var shop = new RecallShop(RecallShop.Graph(IndexKind.Compact), originals: originals);

        shop.Ask(30);

        Assert.True(shop.Report.IsAgainstEmbeddings);
        Assert.InRange(shop.Report.Overall.Recall, 0.96, 1);
        Assert.InRange(shop.Report.Scan.Recall, 0.99, 1);
        Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);
    }

    [Fact]
    public void Check_OfFilteredSearches_KnowsHowMuchWasEligible()
    {
        var shop = new RecallShop(RecallShop.Graph(IndexKind.Fast));
        using RowSet some = Every(100), few = Every(1500), most = Every(1), denied = Every(4);

        shop.Ask(5, filter: RowFilter.Allow(some));
        shop.Ask(6, filter: RowFilter.Allow(few));
        shop.Ask(7, filter: RowFilter.Allow(most));
        shop.Ask(8, filter: RowFilter.Deny(denied));

        Assert.Equal([0, 15, 0, 5, 0, 6], shop.Report.ByFilter.Select(estimate => estimate.Samples));
        // Two rows were eligible.
        Assert.Equal(12, shop.Report.ByFilter[(int)FilterClass.Less].Wanted);
    }

    /// <summary>Random changes between search and check, and during neither: an exact index never loses anything by them.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Check_AfterChanges_CountsNoneOfThemAsALoss(int seed)
    {
        var random = new Random(seed);
        using VectorMatrix matrix = SeededVectors.Matrix(300, 4, seed);
        string path = Path.Combine(Directory.CreateTempSubdirectory("recall-").FullName, "items.vix");
        matrix.Save(path);
        using var originals = new VectorFile(path, 300, 4);
        var shop = new RecallShop(new ExactIndex(matrix, Metric.InnerProduct), originals: seed % 2 == 0 ? originals : null);
        LiveIndex index = shop.Snapshot.Index;

        for (int round = 0; round < 60; round++)
        {
            using RowSet denied = RowSet.Rent(index.RowCount);
            for (int i = 0; i < 20; i++)
                denied.Add(random.Next(denied.RowCount));
            int[] found = shop.Search(SeededVectors.Uniform(4, random.Next()), RowFilter.Deny(denied), wanted: 1 + random.Next(40));
            for (int i = random.Next(12); i > 0; i--)
            {
                // Most often what was found: that is where a change hurts.
                int row = random.Next(3) > 0 && found.Length > 0 ? found[random.Next(found.Length)] : random.Next(index.RowCount);
                if (random.Next(3) == 0)
                    Edit(shop.Snapshot, row, null);
                else
                    Edit(shop.Snapshot, random.Next(6) == 0 ? shop.Snapshot.Items.Rows.RowCount : row, SeededVectors.Uniform(4, random.Next()));
            }

            if (round % 10 == 9)
                index.Merge();
            Assert.True(shop.Monitor.CheckNext());
            shop.Time.Advance(TimeSpan.FromSeconds(1));
        }

        RecallReport report = shop.Report;
        Assert.True(report.Overall.Hits == report.Overall.Wanted, $"{report.Overall} (seed {seed})");
        Assert.InRange(report.Checked, 50, 60);
        Assert.Equal(0, report.Failed);
        Directory.Delete(Path.GetDirectoryName(path)!, recursive: true);
    }

    [Fact]
    public void Search_WithAShare_ChoosesThatShareAndNoPattern()
    {
        var shop = new RecallShop(Small(), new RecallOptions { Share = 0.1, ProcessorShare = 1, QueueLength = 1 });
        int chosen = 0, evenOnes = 0;

        for (int i = 0; i < 20_000; i++)
        {
            bool isChosen = shop.Monitor.Begin(shop.Snapshot).IsChosen;
            chosen += isChosen ? 1 : 0;
            evenOnes += isChosen && i % 2 == 0 ? 1 : 0;
        }

        Assert.InRange(chosen, 1_850, 2_150);
        Assert.InRange(evenOnes, 0.45 * chosen, 0.55 * chosen);
    }

    [Fact]
    public void Search_WithAShareOfNothing_KeepsNothing()
    {
        var shop = new RecallShop(Small(), new RecallOptions { Share = 0 });

        shop.Search(new float[4]);

        Assert.False(shop.Monitor.CheckNext());
        Assert.Null(shop.Monitor.Report(shop.Snapshot));
        Assert.Null(shop.Snapshot.Recall);
    }

    [Fact]
    public void Search_WithAFullQueue_IsAnsweredAndDropped()
    {
        var shop = new RecallShop(Small(), new RecallOptions { Share = 1, ProcessorShare = 1, QueueLength = 2 });

        for (int i = 0; i < 5; i++)
            Assert.Equal(10, shop.Search(SeededVectors.Uniform(4, i)).Length);

        Assert.Equal(3, shop.Report.Dropped);
        Assert.True(shop.Monitor.CheckNext() && shop.Monitor.CheckNext());
        Assert.False(shop.Monitor.CheckNext());
        Assert.Equal(2, shop.Report.Checked);
    }

    [Fact]
    public void Search_BeyondTheShareOfTheProcessor_IsDroppedBeforeItIsCopied()
    {
        var shop = new RecallShop(Small(), new RecallOptions { Share = 1, ProcessorShare = 0.01 });
        TimeSpan[] ticking = [TimeSpan.FromSeconds(1)];
        var monitor = new RecallMonitor(
            shop.Options, new RecallMetrics(shop.Meters, shop.Registry), shop.Time, Microsoft.Extensions.Logging.Abstractions.NullLogger<RecallMonitor>.Instance, () => ticking[0] += TimeSpan.FromSeconds(0.1));
        var found = new Neighbor[10];
        RecallProbe probe = monitor.Begin(shop.Snapshot);
        int count = shop.Snapshot.Index.Search(new float[] { 1, 0, 0, 0 }, found);
        monitor.Offer(probe, shop.Snapshot, new float[] { 1, 0, 0, 0 }, found.AsSpan(0, count), 10, default, isScan: false);
        Assert.True(monitor.CheckNext());

        bool isChosen = monitor.Begin(shop.Snapshot).IsChosen;

        Assert.False(isChosen);
        Assert.Equal((1L, 1L), (monitor.Report(shop.Snapshot)!.Checked, monitor.Report(shop.Snapshot)!.Dropped));
        shop.Time.Advance(TimeSpan.FromMinutes(1));
        Assert.True(monitor.Begin(shop.Snapshot).IsChosen);
    }

    [Fact]
    public async Task Snapshot_ThatIsTakenOutWhileACheckWaits_IsNotDisposedUnderIt_AndNotHeldAfter()
    {
        var shop = new RecallShop(Small());
        shop.Search(new float[] { 1, 0, 0, 0 });
        shop.Registry.Activate(shop.Make(Small(), "2"));

        Task unused = shop.Registry.Remove(shop.Snapshot);

        Assert.False(unused.IsCompleted);
        Assert.True(shop.Monitor.CheckNext());
        await unused.WaitAsync(Patience);
        // Nobody is answered by it any more, so nobody needs to know.
        Assert.Null(shop.Monitor.Report(shop.Snapshot));
    }

    [Fact]
    public async Task Stop_WhileACheckRunsAndOthersWait_EndsAtThePieceAndLetsAllGo()
    {
        using var entered = new ManualResetEventSlim();
        using var goOn = new ManualResetEventSlim();
        var shop = new RecallShop(Small());
        int calls = 0;
        var monitor = new RecallMonitor(shop.Options, new RecallMetrics(shop.Meters, shop.Registry), shop.Time, Microsoft.Extensions.Logging.Abstractions.NullLogger<RecallMonitor>.Instance, () =>
        {
            // The first question is asked at the start of the first check.
            if (calls++ == 0)
            {
                entered.Set();
                goOn.Wait(Patience);
            }

            return TimeSpan.Zero;
        });
        var found = new Neighbor[10];
        for (int i = 0; i < 4; i++)
        {
            RecallProbe probe = monitor.Begin(shop.Snapshot);
            monitor.Offer(probe, shop.Snapshot, new float[] { 1, 0, 0, i }, found, 10, default, isScan: false);
        }

        monitor.Start();
        Assert.True(entered.Wait(Patience));
        Task stopping = monitor.StopAsync(CancellationToken.None);
        Assert.False(stopping.IsCompleted);
        goOn.Set();
        await stopping.WaitAsync(Patience);

        Assert.False(monitor.Begin(shop.Snapshot).IsChosen);
        Assert.Equal(0, shop.Report.Checked);
        shop.Registry.Activate(shop.Make(Small(), "2"));
        await shop.Registry.Remove(shop.Snapshot).WaitAsync(Patience);
    }

    [Fact]
    public void Check_ThatFails_IsCountedAndTheNextOneRuns()
    {
        var shop = new RecallShop(Small());
        RecallProbe probe = shop.Monitor.Begin(shop.Snapshot);
        // A query of the wrong length, which no search would have taken.
        shop.Monitor.Offer(probe, shop.Snapshot, new float[7], new Neighbor[1], 10, default, isScan: false);
        shop.Search(new float[] { 1, 0, 0, 0 });

        Assert.True(shop.Monitor.CheckNext() && shop.Monitor.CheckNext());

        Assert.Equal((1L, 1L), (shop.Report.Failed, shop.Report.Checked));
    }

    [Fact]
    public void ANewVersion_BeginsClean()
    {
        using VectorIndex sound = RecallShop.Graph(IndexKind.Fast);
        var shop = new RecallShop(DamagedIndex.BrokenLinks(sound));
        shop.Ask(20);
        Assert.True(shop.Report.IsDegraded);

        Snapshot next = shop.Make(RecallShop.Graph(IndexKind.Fast), "2");

        Assert.Null(shop.Monitor.Report(next));
        Assert.False(shop.Searches.Scans(next));
    }

    private static ExactIndex Small() => new(SeededVectors.Matrix(200, 4, 3), Metric.InnerProduct);

    private static RowSet Every(int step)
    {
        RowSet rows = RowSet.Rent(RecallShop.Rows);
        for (int row = 0; row < RecallShop.Rows; row += step)
            rows.Add(row);
        return rows;
    }

    private static void Edit(Snapshot snapshot, int row, float[]? vector)
    {
        string id = row < snapshot.Items.Rows.RowCount ? snapshot.Items.IdOf(row) : $"new-{row}";
        snapshot.Editor.Apply([new Inference.Recommendations.Ports.ItemChange(id, s_version++, vector is null ? null : ItemContent.Empty)], vector ?? []);
    }

    private static long s_version = 1;
}
