using Inference.Recommendations.Ports;
using Inference.Towers.Batching;
using Inference.Towers.Encoders;
using Inference.Towers.Tensors;
using Microsoft.ML.OnnxRuntime;

namespace Inference.Towers.Runtime;

/// <summary>Runs a tower: inputs become rows, <see cref="ContinuousBatcher{TWork}"/> makes batches of them, and a <see cref="BatchSlot"/> each runs them.</summary>
internal sealed class TowerRunner<TInput, TSource> : IBatchRunner<TowerRows<TInput>>, IDisposable
    where TInput : struct
    where TSource : IRowSource<TInput>
{
    private readonly ContinuousBatcher<TowerRows<TInput>> _batcher;
    private readonly BatchSlot[] _slots;
    private readonly TowerModel _model;
    private readonly TowerShape _shape;
    private readonly KeyValuePair<string, object?> _tag;

    /// <param name="name">"user" or "item", for metrics.</param>
    /// <param name="model">The model; the runner disposes it.</param>
    /// <param name="shape">Its inputs and output.</param>
    /// <param name="options">How many runs at once and how long the queue.</param>
    /// <param name="threadsAreFree">Whether no work waits for a thread; the thread pool knows when null.</param>
    /// <param name="time">The clock; the system's when null.</param>
    public TowerRunner(string name, TowerModel model, TowerShape shape, TowerOptions options, Func<bool>? threadsAreFree = null, TimeProvider? time = null)
    {
        _model = model;
        _shape = shape;
        _tag = new KeyValuePair<string, object?>("tower", name);
        _slots = new BatchSlot[options.ConcurrentRuns];
        for (int i = 0; i < _slots.Length; i++)
            _slots[i] = new BatchSlot(model, shape);
        time ??= TimeProvider.System;
        _batcher = new ContinuousBatcher<TowerRows<TInput>>(name, this, BatchLimits.Of(options, model.UsesDevice), time, threadsAreFree);
        Raw = new RawTower(name, model, shape, _batcher.RunAloneAsync, time);
    }

    /// <summary>The graph beneath.</summary>
    public RawTower Raw { get; }

    /// <summary>Most rows of one run.</summary>
    public int MaxBatch => _shape.MaxBatch;

    /// <summary>The providers that the tower runs on.</summary>
    public IReadOnlyList<string> Providers => _model.Providers;

    /// <summary>The sizes, rows and history, that a device is to record before it serves; empty where it records nothing.</summary>
    public IEnumerable<(int Rows, int History)> SizesToRecord => _model.CapturesGraphs ? _shape.Sizes : [];

    /// <summary>Which provider was wanted, which one it became, and why.</summary>
    public ProviderUse ProviderUse => _model.Use;

    /// <summary>How long runs take, as far as is known.</summary>
    public RunTimes Times => _batcher.Times;

    /// <summary>The sizes that runs have, padding included, ascending: each has buffers and memory of its own in the runtime.</summary>
    public IEnumerable<int> RunSizes => Enumerable.Range(1, MaxBatch).Select(_shape.RowsFor).Distinct();

    /// <summary>Most items of a history that the tower reads; 0 for one that reads none.</summary>
    public int MaxHistory => _shape.History?.MaxLength ?? 0;

    /// <summary>Whether the tower may run on another device than the CPU.</summary>
    public bool UsesDevice => _model.UsesDevice;
    int IBatchRunner<TowerRows<TInput>>.MaxLength => _shape.History is { FixedLength: null } history ? history.MaxLength : 1;

    /// <summary>As <see cref="IUserTower.EncodeAsync"/>.</summary>
    public ValueTask<EncodeOutcome> EncodeAsync(ReadOnlyMemory<TInput> rows, Memory<float> embeddings, Urgency urgency, CancellationToken cancellationToken)
    {
        if (rows.IsEmpty)
            throw new ArgumentException("There is nothing to encode.", nameof(rows));
        if (embeddings.Length != (long)rows.Length * _shape.Dimension)
            throw new ArgumentException($"{rows.Length} rows of {_shape.Dimension} dimensions do not fit {embeddings.Length} places exactly.", nameof(embeddings));
        return _batcher.RunAsync(new TowerRows<TInput>(rows, embeddings), rows.Length, urgency, cancellationToken);
    }

    /// <summary>Encodes on the calling thread, whatever else the process does: for the load of a bundle, whose towers nobody else uses yet and whose threads stand back behind requests.</summary>
    /// <param name="rows">At least one; large calls are cut.</param>
    /// <param name="embeddings">Rows × dimension places.</param>
    /// <exception cref="TowerException">The model failed or gave numbers that are not finite.</exception>
    /// <exception cref="InvalidOperationException">The tower is in use.</exception>
    public void EncodeHere(ReadOnlyMemory<TInput> rows, Memory<float> embeddings)
    {
        for (int start = 0; start < rows.Length; start += MaxBatch)
        {
            int count = Math.Min(MaxBatch, rows.Length - start);
            _batcher.RunHere(new TowerRows<TInput>(rows.Slice(start, count), embeddings.Slice(start * _shape.Dimension, count * _shape.Dimension)), count);
        }
    }

    /// <summary>A slot of a load's own, so that several threads encode at once; null on a device, which runs one batch at a time whoever asks.</summary>
    public LoadingSlot<TInput, TSource>? OpenSlot() => _model.UsesDevice ? null : new LoadingSlot<TInput, TSource>(_model, _shape);

    /// <summary>Has the device record a size: a run of so many rows that are all alike, in a turn of its own.</summary>
    /// <exception cref="TowerException">The model failed.</exception>
    public ValueTask<EncodeOutcome> RecordAsync(TInput row, int rows, CancellationToken cancellationToken) => _batcher.RunAloneAsync(
        () =>
        {
            BatchSlot slot = _slots[0];
            TowerRow encoded = TSource.RowOf(row, _shape.History);
            slot.Begin(Math.Max(encoded.History.Length, 1));
            for (int place = 0; place < rows; place++)
                slot.Encode(place, encoded);
            slot.Run(rows);
        },
        rows,
        _shape.History?.MaxLength ?? 1,
        new Urgency(),
        cancellationToken);

    /// <summary>Makes the runs under way, and all later ones, fail. For a load that takes too long.</summary>
    public void Terminate()
    {
        foreach (BatchSlot slot in _slots)
            slot.Terminate();
    }

    /// <summary>Turns new calls away, fails those that wait, and lets the model go once the runs under way have ended.</summary>
    public void Dispose() => _batcher.Dispose();

    int IBatchRunner<TowerRows<TInput>>.PaddedRows(int rows) => _shape.RowsFor(rows);

    int IBatchRunner<TowerRows<TInput>>.PaddedLength(int length) => _shape.History is { FixedLength: null } ? _shape.ColumnsFor(length) : 1;

    int IBatchRunner<TowerRows<TInput>>.LengthOf(in TowerRows<TInput> work, int row) => Math.Max(TSource.RowOf(work.Rows.Span[row], _shape.History).History.Length, 1);

    void IBatchRunner<TowerRows<TInput>>.Begin(int slot, int paddedLength) => _slots[slot].Begin(paddedLength);

    void IBatchRunner<TowerRows<TInput>>.Read(int slot, int place, in TowerRows<TInput> work, int row) =>
        _slots[slot].Encode(place, TSource.RowOf(work.Rows.Span[row], _shape.History));

    void IBatchRunner<TowerRows<TInput>>.Run(int slot, int rows) => _slots[slot].Run(rows);

    Exception? IBatchRunner<TowerRows<TInput>>.Write(int slot, int place, in TowerRows<TInput> work, int row) =>
        _slots[slot].TryCopyEmbedding(place, work.Embeddings.Span.Slice(row * _shape.Dimension, _shape.Dimension)) ? null : new TowerException("The tower's output is not finite.");

    TowerException IBatchRunner<TowerRows<TInput>>.Explain(Exception failure)
    {
        TowerMetrics.Failures.Add(1, _tag);
        return new TowerException(failure is OnnxRuntimeException ? $"The tower failed: {failure.Message}" : "The tower's inputs could not be encoded.", failure);
    }

    /// <summary>Once no run is under way any more.</summary>
    void IBatchRunner<TowerRows<TInput>>.Release()
    {
        foreach (BatchSlot slot in _slots)
            slot.Dispose();
        _model.Dispose();
    }
}
