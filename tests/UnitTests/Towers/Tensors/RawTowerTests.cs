using System.Diagnostics.Metrics;
using System.Runtime.InteropServices;
using Inference.Recommendations.Ports;
using Inference.Towers;
using Inference.Towers.Bundles;
using Inference.Towers.Runtime;
using Inference.Towers.Tensors;
using UnitTests.Recommendations;
using UnitTests.Testing;
using UnitTests.Towers.Runtime;
using Xunit;

namespace UnitTests.Towers.Tensors;

public sealed class RawTowerTests : IDisposable
{
    private readonly SmallWorld _world = new();
    private readonly OnnxUserTower _tower;
    private readonly RawTower _raw;

    public RawTowerTests()
    {
        _tower = TestTowers.Open(_world, new() { MaxBatch = 16 });
        _raw = RawTower.Beneath(_tower)!;
    }

    public void Dispose() => _tower.Dispose();

    [Fact]
    public void Inputs_OfATower_AreItsGraphsWithTheBoundsOfItsOwnCalls()
    {
        Assert.Equal(["history_ids", "history_mask", "country"], _raw.Inputs.Select(input => input.Name));
        Assert.Equal([TensorType.Int64, TensorType.Float32, TensorType.Int64], _raw.Inputs.Select(input => input.Type));
        TensorAxis batch = new(-1, 16, 0, "batch"), history = new(-1, SmallWorld.MaxHistory, 1, "history");
        Assert.Equal([batch, history], _raw.Inputs[0].Axes);
        Assert.Equal([batch, history], _raw.Inputs[1].Axes);
        Assert.Equal([batch], _raw.Inputs[2].Axes);
        Assert.Equal([-1, SmallWorld.Dimension], Assert.Single(_raw.Outputs).Axes.Select(axis => axis.Size));
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, true)]
    [InlineData(16, true)]
    [InlineData(17, false)]
    [InlineData(-1, false)]
    public void Takes_OfAnOpenAxis_IsFromOneToItsBound(long size, bool takes) => Assert.Equal(takes, _raw.Inputs[0].Axes[0].Takes(size));

    [Fact]
    public async Task RunAsync_WithTensors_GivesTheEmbeddings()
    {
        TensorRun run = Run([4, 5, 1, 1], [2, 3]);

        Assert.Equal(TensorRunOutcome.Done, await _raw.RunAsync(run, default, CancellationToken.None));

        Assert.Equal((2, 2), (run.Rows, run.Length));
        OutputTensor output = Assert.Single(run.Outputs);
        Assert.Equal([2, SmallWorld.Dimension], output.Shape);
        TestTowers.AssertClose([.. _world.Embed(2, 3, 4), .. _world.Embed(3, 0, 0)], MemoryMarshal.Cast<byte, float>(output.Data).ToArray());
    }

    [Fact]
    public async Task RunAsync_OnADevice_GivesTheSame()
    {
        using OnnxUserTower tower = TestTowers.Open(_world, asDevice: true);
        RawTower raw = RawTower.Beneath(tower)!;
        var run = new TensorRun(raw, [Bytes(4L), Bytes(1f), Bytes(1L)], [[1, 1], [1, 1], [1]], [0]);

        Assert.Equal(TensorRunOutcome.Done, await raw.RunAsync(run, default, CancellationToken.None));

        TestTowers.AssertClose(_world.Embed(1, 3), MemoryMarshal.Cast<byte, float>(run.Outputs[0].Data).ToArray());
    }

    [SkippableFact]
    public async Task RunAsync_OnWebGpu_GivesTheSame()
    {
        SwiftShader.Require();
        using WrittenBundle bundle = await WrittenBundle.CreateAsync();
        LoadedBundle loaded = await SmallWorld.LoadAsync(bundle.Path, new TowerOptions { Providers = ["webgpu"] });
        RawTower raw = RawTower.Beneath(loaded.Snapshot.ItemTower)!;
        var run = new TensorRun(raw, [Bytes(4L, 1)], [[2]], [0]);

        Assert.Equal(TensorRunOutcome.Done, await raw.RunAsync(run, default, CancellationToken.None));

        Assert.Equal([2, SmallWorld.Dimension], run.Outputs[0].Shape);
        TestTowers.AssertClose([.. _world.ItemVector(3), .. _world.ItemVector(0)], MemoryMarshal.Cast<byte, float>(run.Outputs[0].Data).ToArray());
        loaded.Snapshot.Dispose();
    }

    [Fact]
    public async Task RunAsync_CountsAsARunOfItsTower()
    {
        var rows = new List<int>();
        int thread = Environment.CurrentManagedThreadId;
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, measuring) =>
        {
            if (instrument.Meter.Name == TowerMetrics.MeterName && instrument.Name == "recsys.tower.batch.rows")
                measuring.EnableMeasurementEvents(instrument);
        };
        // Other tests run towers too; an idle one runs on its caller's thread.
        listener.SetMeasurementEventCallback<int>((_, measured, _, _) =>
        {
            if (Environment.CurrentManagedThreadId == thread)
                rows.Add(measured);
        });
        listener.Start();

        await _raw.RunAsync(Run([4, 5, 1, 1], [2, 3]), default, CancellationToken.None);

        Assert.Equal([2], rows);
    }

    [Fact]
    public async Task RunAsync_WithAnIdBeyondATable_IsUnfitAndSaysWhy()
    {
        TensorRun run = Run([4, 5, 1, 21], [2, 3]);

        Assert.Equal(TensorRunOutcome.Unfit, await _raw.RunAsync(run, default, CancellationToken.None));

        Assert.Equal("indices element out of data bounds, idx=21 must be within the inclusive range [-21,20]", run.Refusal);
        Assert.Empty(run.Outputs);
        Assert.Equal(TensorRunOutcome.Done, await _raw.RunAsync(Run([4, 5, 1, 20], [2, 3]), default, CancellationToken.None));
    }

    [Fact]
    public async Task RunAsync_WithACancelledToken_IsCancelled() =>
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await _raw.RunAsync(Run([1, 1, 1, 1], [0, 0]), default, new CancellationToken(true)));

    [Fact]
    public async Task RunAsync_OfAModelThatBreaks_Fails()
    {
        using OnnxUserTower fragile = TestTowers.OpenFragile();
        RawTower raw = RawTower.Beneath(fragile)!;
        fragile.Dispose();

        await Assert.ThrowsAnyAsync<Exception>(async () => await raw.RunAsync(new TensorRun(raw, [Bytes(1f), Bytes(1L)], [[1, 1], [1]], [0]), default, CancellationToken.None));
    }

    [Fact]
    public void TensorRun_WithLessThanItsShapeNeeds_IsRefusedBeforeTheRuntimeReadsIt()
    {
        Assert.Throws<ArgumentException>(() => new TensorRun(_raw, [Bytes(1L), Bytes(1f)], [[1, 1], [1, 1]], [0]));
        Assert.Throws<ArgumentException>(() => new TensorRun(_raw, [Bytes(1L), Bytes(1f), Bytes(1L)], [[1, 1], [1, 1], [1]], []));
        Assert.Throws<ArgumentException>(() => new TensorRun(_raw, [Bytes(1L), Bytes(1f), Bytes(1L)], [[1, 2], [1, 1], [1]], [0]));
        Assert.Throws<OverflowException>(() => new TensorRun(_raw, [Bytes(1L), Bytes(1f), Bytes(1L)], [[long.MaxValue, 2], [1, 1], [1]], [0]));
    }

    [Fact]
    public void Beneath_ATowerThatIsNoGraph_IsNothing()
    {
        Assert.Null(RawTower.Beneath(new AxisItemTower()));
        Assert.Null(RawTower.Beneath((IItemTower?)null));
    }

    private TensorRun Run(long[] ids, long[] countries) => new(
        _raw, [Bytes(ids), Bytes([.. Enumerable.Repeat(1f, ids.Length)]), Bytes(countries)], [[countries.Length, ids.Length / countries.Length], [countries.Length, ids.Length / countries.Length], [countries.Length]], [0]);

    private static ReadOnlyMemory<byte> Bytes<T>(params T[] elements)
        where T : unmanaged => MemoryMarshal.AsBytes(elements.AsSpan()).ToArray();
}
