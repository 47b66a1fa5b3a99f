using System.Collections.Concurrent;
using Inference.Recommendations.Features;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Snapshots;
using Inference.Towers.Runtime;

namespace Inference.Towers.Bundles;

/// <summary>What the threads encode items with, kept for the next piece of work: a loop's threads come and go.</summary>
internal sealed class ItemEncoders(OnnxItemTower tower, Catalogue catalogue, int dimension, GuardedRuns runs) : IDisposable
{
    private readonly ConcurrentBag<ItemEncoder> _idle = [];

    /// <summary>Whether all threads use the tower's own buffers, so that only one of them can run.</summary>
    public bool IsShared { get; } = tower.Runner.UsesDevice;

    public ItemEncoder Rent() => _idle.TryTake(out ItemEncoder? encoder) ? encoder : new ItemEncoder(tower.Runner, catalogue.Items, dimension, runs);

    public void Return(ItemEncoder encoder) => _idle.Add(encoder);

    public void Dispose()
    {
        foreach (ItemEncoder encoder in _idle)
            encoder.Dispose();
    }
}

/// <summary>Encodes rows of the catalogue batch by batch without an object per item. For one thread at a time.</summary>
internal sealed class ItemEncoder : IDisposable
{
    private readonly ItemCatalogue _items;
    private readonly int _dimension;
    private readonly LoadingSlot<ItemTowerInput, ItemRows>? _slot;
    private readonly GuardedRuns.Watch _watch;
    private readonly ItemFeatures[] _features;
    private readonly ItemTowerInput[] _inputs;
    private readonly float[] _embeddings;
    private readonly Action _run;
    private int _rows;

    public ItemEncoder(TowerRunner<ItemTowerInput, ItemRows> runner, ItemCatalogue items, int dimension, GuardedRuns runs)
    {
        _items = items;
        _dimension = dimension;
        _features = new ItemFeatures[runner.MaxBatch];
        for (int i = 0; i < _features.Length; i++)
            _features[i] = items.Features();
        _inputs = new ItemTowerInput[runner.MaxBatch];
        _embeddings = new float[runner.MaxBatch * dimension];
        _slot = runner.OpenSlot();
        _run = _slot is { } slot
            ? () => slot.Encode(_inputs.AsSpan(0, _rows), _embeddings.AsSpan(0, _rows * _dimension))
            : () => runner.EncodeHere(_inputs.AsMemory(0, _rows), _embeddings.AsMemory(0, _rows * _dimension));
        _watch = runs.Begin(_slot is null ? runner.Terminate : _slot.Terminate);
    }

    /// <summary>Encodes consecutive rows.</summary>
    /// <param name="first">The first row.</param>
    /// <param name="rows">1 to the tower's most.</param>
    /// <returns>Valid until the next call.</returns>
    /// <exception cref="TowerException">The model failed, gave numbers that are not finite, or took too long.</exception>
    public ReadOnlySpan<float> Encode(int first, int rows)
    {
        for (int i = 0; i < rows; i++)
            _inputs[i] = new ItemTowerInput(_items.IdOf(first + i), new FeatureSet(_features[i].At(first + i)));
        _rows = rows;
        _watch.Run(_run);
        return _embeddings.AsSpan(0, rows * _dimension);
    }

    public void Dispose()
    {
        _watch.Dispose();
        _slot?.Dispose();
    }
}
