using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Inference.Towers.Encoders;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Inference.Towers.Runtime;

/// <summary>
/// The place where one run of a tower happens: buffers for the largest batch, and tensors over them for every shape seen so far. A run with a known shape allocates nothing.
/// Used by one thread at a time.
/// </summary>
internal sealed class BatchSlot : IDisposable
{
    private readonly TowerModel _model;
    private readonly TowerShape _shape;
    private readonly NativeBuffer[] _inputs;
    private readonly NativeBuffer _output;
    private readonly Dictionary<(int Rows, int Columns), BoundShape> _bound = [];
    private readonly RunOptions _runOptions = new();
    private readonly OrtIoBinding? _deviceBinding;
    private readonly DeviceCopies? _copies;
    private int _columns;
    private object? _user;
    private int _userPlace;

    public BatchSlot(TowerModel model, TowerShape shape)
    {
        _model = model;
        _shape = shape;
        int rows = shape.RowsFor(shape.MaxBatch);
        int columns = shape.ColumnsFor(shape.History?.MaxLength ?? 1);
        _inputs = [.. shape.Inputs.Select(input => new NativeBuffer((nuint)rows * (nuint)input.RowBytes(columns)))];
        _output = new NativeBuffer((nuint)rows * (nuint)OutputRowBytes);
        using Lock.Scope turn = model.Turn();
        _deviceBinding = model.UsesDevice && !model.CapturesGraphs ? model.Session.CreateIoBinding() : null;
        _copies = model.CapturesGraphs ? DeviceCopies.For(model, shape) : null;
    }

    private int OutputRowBytes => _shape.OutputWidth * (_shape.OutputType == TensorElementType.Float16 ? 2 : sizeof(float));

    /// <summary>Ends the run under way, and any later one, with an error before its next operator. From any thread.</summary>
    public void Terminate() => _runOptions.Terminate = true;

    /// <summary>Begins a batch.</summary>
    /// <param name="longestHistory">Items of the longest trimmed history.</param>
    public void Begin(int longestHistory)
    {
        _columns = _shape.ColumnsFor(longestHistory);
        _user = null;
    }

    /// <summary>Fills one row of all inputs. What is the user's alone is encoded once for rows of the same user that follow each other, and copied.</summary>
    public void Encode(int index, in TowerRow row)
    {
        bool isSameUser = row.User is not null && row.User == _user;
        for (int i = 0; i < _inputs.Length; i++)
        {
            if (isSameUser && _shape.Inputs[i].IsOfUser)
                Row(i, _userPlace).CopyTo(Row(i, index));
            else
                _shape.Inputs[i].Encode(row, Row(i, index));
        }

        (_user, _userPlace) = (row.User, index);
    }

    /// <summary>Runs the tower on the rows that were filled.</summary>
    /// <param name="filled">How many, from 0 on; 1 to the tower's most.</param>
    /// <exception cref="OnnxRuntimeException">The runtime failed.</exception>
    public void Run(int filled)
    {
        _user = null;
        int rows = _shape.RowsFor(filled);
        // Surplus rows repeat the first one: whatever they hold, the model has to take it.
        for (int i = 0; i < _inputs.Length; i++)
        {
            for (int index = filled; index < rows; index++)
                Row(i, 0).CopyTo(Row(i, index));
        }

        using Lock.Scope turn = _model.Turn();
        RunPadded(rows);
    }

    /// <summary>Copies the embedding of a row; false when one of its numbers is not finite.</summary>
    /// <param name="destination">As long as the embedding.</param>
    public bool TryCopyEmbedding(int row, Span<float> destination)
    {
        Span<byte> bytes = _output.Slice((nuint)row * (nuint)OutputRowBytes, OutputRowBytes);
        if (_shape.OutputType == TensorElementType.Float16)
            TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<byte, Half>(bytes).Slice(_shape.OutputColumn, _shape.Dimension), destination);
        else
            MemoryMarshal.Cast<byte, float>(bytes).Slice(_shape.OutputColumn, _shape.Dimension).CopyTo(destination);
        return TensorPrimitives.IsFiniteAll<float>(destination);
    }

    public void Dispose()
    {
        using Lock.Scope turn = _model.Turn();
        foreach (BoundShape bound in _bound.Values)
            bound.Dispose();
        _bound.Clear();
        _copies?.Dispose();
        _deviceBinding?.Dispose();
        _runOptions.Dispose();
        foreach (NativeBuffer input in _inputs)
            input.Dispose();
        _output.Dispose();
    }

    private Span<byte> Row(int input, int index)
    {
        int bytes = _shape.Inputs[input].RowBytes(_columns);
        return _inputs[input].Slice((nuint)index * (nuint)bytes, bytes);
    }

    private BoundShape Bind(int rows, int columns)
    {
        var values = new List<OrtValue>(_inputs.Length + 1);
        OrtIoBinding? binding = null;
        try
        {
            for (int i = 0; i < _inputs.Length; i++)
            {
                TensorInput input = _shape.Inputs[i];
                long bytes = (long)rows * input.RowBytes(columns);
                values.Add(OrtValue.CreateTensorValueWithData(OrtMemoryInfo.DefaultInstance, input.ElementType, input.ShapeOf(rows, columns), _inputs[i].Address, bytes));
            }

            values.Add(OrtValue.CreateTensorValueWithData(
                OrtMemoryInfo.DefaultInstance, _shape.OutputType, _shape.OutputShapeOf(rows), _output.Address, (long)rows * OutputRowBytes));
            var bound = new BoundShape([.. values], null, null);
            if (_copies is not null)
                return bound with { Captured = new CapturedRun(_model, _copies, _shape, rows, columns, bound.Values) };
            if (_deviceBinding is not null)
                return bound;
            binding = _model.Session.CreateIoBinding();
            BindTo(bound, binding);
            return bound with { Binding = binding };
        }
        catch
        {
            binding?.Dispose();
            values.ForEach(value => value.Dispose());
            throw;
        }
    }

    private void RunPadded(int rows)
    {
        if (!_bound.TryGetValue((rows, _columns), out BoundShape? bound))
            _bound.Add((rows, _columns), bound = Bind(rows, _columns));
        if (bound.Captured is { } captured)
        {
            captured.Run(_runOptions);
            return;
        }

        if (_deviceBinding is not null)
            BindToDevice(bound, _deviceBinding);
        _model.Session.RunWithBinding(_runOptions, bound.Binding ?? _deviceBinding!);
    }

    /// <summary>Binding copies the inputs to the device, so it has to happen before every run.</summary>
    private void BindToDevice(BoundShape bound, OrtIoBinding binding)
    {
        BindTo(bound, binding);
        binding.SynchronizeBoundInputs();
    }

    private void BindTo(BoundShape bound, OrtIoBinding binding)
    {
        for (int i = 0; i < _inputs.Length; i++)
            binding.BindInput(_shape.Inputs[i].Name, bound.Values[i]);
        binding.BindOutput(_shape.Output, bound.Values[^1]);
    }

    /// <summary>Tensors of one shape over the slot's buffers: the inputs in order, then the output; on the CPU their binding; and what a device recorded.</summary>
    private sealed record BoundShape(OrtValue[] Values, OrtIoBinding? Binding, CapturedRun? Captured) : IDisposable
    {
        public void Dispose()
        {
            Captured?.Dispose();
            Binding?.Dispose();
            foreach (OrtValue value in Values)
                value.Dispose();
        }
    }
}
