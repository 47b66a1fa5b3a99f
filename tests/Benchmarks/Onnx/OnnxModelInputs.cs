using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Benchmarks.Onnx;

/// <summary>Values for every input and output of a model at one batch size: the first dimension is the batch, any other open one the length.</summary>
internal sealed class OnnxModelInputs : IDisposable
{
    /// <param name="session">A model whose inputs are float or int64 and whose outputs are float, with the batch first.</param>
    /// <param name="batch">Rows per run.</param>
    /// <param name="length">For open dimensions other than the batch, such as the length of a history.</param>
    public OnnxModelInputs(InferenceSession session, int batch, int length)
    {
        InputNames = [.. session.InputNames];
        OutputNames = [.. session.OutputNames];
        Inputs = [.. InputNames.Select(name => Create(session.InputMetadata[name], batch, length))];
        Outputs = [.. OutputNames.Select(name => Create(session.OutputMetadata[name], batch, length))];
    }

    public string[] InputNames { get; }

    public OrtValue[] Inputs { get; }

    public string[] OutputNames { get; }

    public OrtValue[] Outputs { get; }

    public void BindTo(OrtIoBinding binding)
    {
        for (int i = 0; i < Inputs.Length; i++)
            binding.BindInput(InputNames[i], Inputs[i]);
        for (int i = 0; i < Outputs.Length; i++)
            binding.BindOutput(OutputNames[i], Outputs[i]);
    }

    public void Dispose()
    {
        foreach (OrtValue value in Inputs.Concat(Outputs))
            value.Dispose();
    }

    private static OrtValue Create(NodeMetadata node, int batch, int length)
    {
        long[] shape = [.. node.Dimensions.Select((size, axis) => (long)(axis == 0 ? batch : size < 0 ? length : size))];
        long count = shape.Aggregate(1L, (product, size) => product * size);
        return node.ElementDataType switch
        {
            TensorElementType.Float => OrtValue.CreateTensorValueFromMemory(Enumerable.Repeat(1f, (int)count).ToArray(), shape),
            // Ids from 1 on, few enough to be in any vocabulary: 0 is padding.
            TensorElementType.Int64 => OrtValue.CreateTensorValueFromMemory(Enumerable.Range(0, (int)count).Select(i => 1L + i % 3).ToArray(), shape),
            _ => throw new NotSupportedException($"inputs and outputs of type {node.ElementDataType} are not supported here"),
        };
    }
}
