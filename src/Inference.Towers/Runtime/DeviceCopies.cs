using System.Globalization;
using Inference.Towers.Encoders;
using Inference.Towers.Onnx;
using Microsoft.ML.OnnxRuntime;

namespace Inference.Towers.Runtime;

/// <summary>
/// Copies between this process's memory and fixed places of a device's, by models that do nothing else: the one way that all providers have. Binding alone would not do, for it puts each copy of an input wherever the device has
/// room at that moment.
/// </summary>
internal sealed class DeviceCopies : IDisposable
{
    /// <summary>What the models call their output, after the input that it is a copy of.</summary>
    private const string CopySuffix = "/copy";

    private readonly OrtMemoryInfo _memory;
    private int _graphs;

    private DeviceCopies(InferenceSession inputs, InferenceSession output, OrtMemoryInfo memory, OrtAllocator allocator)
    {
        Inputs = inputs;
        Output = output;
        _memory = memory;
        Allocator = allocator;
    }

    /// <summary>Copies all inputs of a tower.</summary>
    public InferenceSession Inputs { get; }

    /// <summary>Copies the output of a tower.</summary>
    public InferenceSession Output { get; }

    /// <summary>Gives memory of the device.</summary>
    public OrtAllocator Allocator { get; }

    /// <summary>The name of the copy of an input.</summary>
    public static string CopyOf(string name) => name + CopySuffix;

    /// <summary>Makes the copies for a tower.</summary>
    /// <param name="model">The tower; its session lends the allocator.</param>
    /// <param name="shape">Its inputs and output.</param>
    /// <exception cref="OnnxRuntimeException">The provider cannot copy one of the types.</exception>
    public static DeviceCopies For(TowerModel model, TowerShape shape)
    {
        var inputs = new OnnxGraph("copy_inputs");
        foreach (TensorInput input in shape.Inputs)
            Copy(inputs, input.Name, (OnnxType)(int)input.ElementType, input.ShapeOf(1, 1).Length);
        var output = new OnnxGraph("copy_output");
        Copy(output, shape.Output, (OnnxType)(int)shape.OutputType, rank: shape.OutputIsFlat ? 1 : 2);
        InferenceSession? first = null, second = null;
        OrtMemoryInfo? memory = null;
        try
        {
            first = model.OpenBeside(inputs.ToBytes());
            second = model.OpenBeside(output.ToBytes());
            memory = ExecutionProviders.DeviceMemory(model.Providers[0], model.DeviceId);
            return new DeviceCopies(first, second, memory, new OrtAllocator(model.Session, memory));
        }
        catch
        {
            memory?.Dispose();
            second?.Dispose();
            first?.Dispose();
            throw;
        }
    }

    /// <summary>A number for one more recording.</summary>
    public string NextGraph() => (++_graphs).ToString(CultureInfo.InvariantCulture);

    public void Dispose()
    {
        Allocator.Dispose();
        _memory.Dispose();
        Output.Dispose();
        Inputs.Dispose();
    }

    private static void Copy(OnnxGraph graph, string name, OnnxType type, int rank)
    {
        var dims = new OnnxDim[rank];
        for (int axis = 0; axis < rank; axis++)
            dims[axis] = string.Create(CultureInfo.InvariantCulture, $"{name}/{axis}");
        graph.Output(CopyOf(name), graph.Input(name, type, dims), type, dims);
    }
}
