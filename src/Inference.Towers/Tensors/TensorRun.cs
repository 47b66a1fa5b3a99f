using System.Buffers;
using Inference.Recommendations.Ports;
using Inference.Towers.Runtime;
using Microsoft.ML.OnnxRuntime;

namespace Inference.Towers.Tensors;

/// <summary>
/// One run of a raw tower: what goes in, which outputs are wanted, and what came out. Inputs are read in place, so a run copies nothing in, and each output once out of the runtime's memory. All memory is the
/// collector's: whoever gives up waiting for the run may forget it.
/// </summary>
public sealed class TensorRun
{
    private readonly RawTower _tower;
    private readonly ReadOnlyMemory<byte>[] _data;
    private readonly long[][] _shapes;
    private readonly int[] _wanted;

    /// <param name="tower">Which tower.</param>
    /// <param name="data">The elements of every input, in the order of <see cref="RawTower.Inputs"/>: row by row, little-endian. They must not change until the run has ended.</param>
    /// <param name="shapes">The dimensions of every input.</param>
    /// <param name="wanted">Places in <see cref="RawTower.Outputs"/> of the outputs that are wanted, each once; at least one.</param>
    /// <exception cref="ArgumentException">Not as many as there are inputs, or an input has not as many bytes as its shape needs.</exception>
    public TensorRun(RawTower tower, ReadOnlyMemory<byte>[] data, long[][] shapes, int[] wanted)
    {
        if (data.Length != tower.Inputs.Count || shapes.Length != tower.Inputs.Count)
            throw new ArgumentException($"The tower has {tower.Inputs.Count} inputs, not {data.Length} with {shapes.Length} shapes.", nameof(data));
        if (wanted.Length == 0)
            throw new ArgumentException("No output is wanted.", nameof(wanted));
        for (int i = 0; i < data.Length; i++)
        {
            long bytes = tower.Inputs[i].Type.Size();
            foreach (long size in shapes[i])
                bytes = checked(bytes * size);
            if (bytes != data[i].Length)
                throw new ArgumentException($"The input '{tower.Inputs[i].Name}' has {data[i].Length} bytes; [{string.Join(", ", shapes[i])}] needs {bytes}.", nameof(data));
        }

        _tower = tower;
        _data = data;
        _shapes = shapes;
        _wanted = wanted;
    }

    /// <summary>Rows of the batch.</summary>
    public int Rows => (int)_shapes[0][0];

    /// <summary>Length of the history; 1 where the tower has none, or one of fixed length.</summary>
    public int Length
    {
        get
        {
            for (int i = 0; i < _shapes.Length; i++)
            {
                if (_shapes[i].Length > 1 && _tower.Inputs[i].Axes[1].Group == TensorAxis.HistoryGroup)
                    return (int)_shapes[i][1];
            }

            return 1;
        }
    }

    /// <summary>What came out, in the order in which it was wanted; empty unless the run is done.</summary>
    public IReadOnlyList<OutputTensor> Outputs { get; private set; } = [];

    /// <summary>Why the graph could not take the inputs, in the runtime's words; null unless that is how the run ended.</summary>
    public string? Refusal { get; private set; }

    /// <summary>Runs the graph, or learns that it cannot take these inputs.</summary>
    /// <exception cref="OnnxRuntimeException">The model failed.</exception>
    internal void Execute(TowerModel model)
    {
        // The runtime logs every run that fails as an error; here it may be the caller's, who is told, and must not fill the log.
        using var options = new RunOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };
        // A recorded run reads and writes where it was recorded; this one has places of its own.
        if (model.CapturesGraphs)
            options.AddRunConfigEntry("gpu_graph_id", "-1");
        var pins = new MemoryHandle[_data.Length];
        var values = new OrtValue[_data.Length];
        using Lock.Scope turn = model.Turn();
        try
        {
            for (int i = 0; i < _data.Length; i++)
                values[i] = Value(_data[i], ref pins[i], _tower.Inputs[i], _shapes[i]);
            using IDisposableReadOnlyCollection<OrtValue> outputs = model.Session.Run(options, _tower.InputNames, values, Array.ConvertAll(_wanted, place => _tower.Outputs[place].Name));
            Outputs = [.. outputs.Select(Copy)];
        }
        catch (OnnxRuntimeException e) when (RuntimeMessage.BlamesArguments(e))
        {
            Refusal = RuntimeMessage.WhatWasWrong(e);
        }
        finally
        {
            foreach (OrtValue? value in values)
                value?.Dispose();
            foreach (ref MemoryHandle pin in pins.AsSpan())
                pin.Dispose();
        }
    }

    private static unsafe OrtValue Value(ReadOnlyMemory<byte> data, ref MemoryHandle pin, TensorSpec input, long[] shape)
    {
        pin = data.Pin();
        return OrtValue.CreateTensorValueWithData(OrtMemoryInfo.DefaultInstance, input.Type.ToElementType(), shape, (nint)pin.Pointer, data.Length);
    }

    private OutputTensor Copy(OrtValue value, int place) =>
        new(_tower.Outputs[_wanted[place]], value.GetTensorTypeAndShape().Shape, value.GetTensorMutableRawData().ToArray());
}

/// <summary>An output of a run.</summary>
/// <param name="Spec">Which.</param>
/// <param name="Shape">Its dimensions.</param>
/// <param name="Data">Its elements, row by row, little-endian.</param>
public sealed record OutputTensor(TensorSpec Spec, long[] Shape, byte[] Data);

/// <summary>How a run that did not fail ended.</summary>
public enum TensorRunOutcome
{
    /// <summary>The outputs are there.</summary>
    Done,

    /// <summary>As <see cref="EncodeOutcome.Late"/>.</summary>
    Late,

    /// <summary>As <see cref="EncodeOutcome.Refused"/>.</summary>
    Refused,

    /// <summary>The graph cannot take these inputs: an id beyond a table, for example. <see cref="TensorRun.Refusal"/> says what was wrong.</summary>
    Unfit,
}
