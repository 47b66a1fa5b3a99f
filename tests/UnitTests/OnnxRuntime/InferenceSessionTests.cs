using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using Xunit;

namespace UnitTests.OnnxRuntime;

public sealed class InferenceSessionTests
{
    [Fact]
    public void Constructor_WithBytes_ReadsInputsAndOutputs()
    {
        using var session = new InferenceSession(TinyModels.Linear);

        Assert.Equal(["x"], session.InputNames);
        Assert.Equal(["y"], session.OutputNames);
        NodeMetadata x = session.InputMetadata["x"];
        Assert.Equal(OnnxValueType.ONNX_TYPE_TENSOR, x.OnnxValueType);
        Assert.True(x.IsTensor);
        Assert.False(x.IsString);
        Assert.Equal(TensorElementType.Float, x.ElementDataType);
        Assert.Equal(typeof(float), x.ElementType);
        Assert.Equal([-1, 3], x.Dimensions);
        Assert.Equal(["batch", ""], x.SymbolicDimensions);
        Assert.Equal([-1, 2], session.OutputMetadata["y"].Dimensions);
    }

    [Fact]
    public void Constructor_WithPath_LoadsTheSameModel()
    {
        string path = Path.Combine(Path.GetTempPath(), $"tiny-ü-{Guid.NewGuid():N}.onnx");
        File.WriteAllBytes(path, TinyModels.Linear);
        try
        {
            using var session = new InferenceSession(path);
            using var options = new SessionOptions();
            using var again = new InferenceSession(path, options);

            Assert.Equal(["x"], session.InputNames);
            Assert.Equal(["x"], again.InputNames);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void Constructor_WithMissingFile_NamesTheFile()
    {
        var error = Assert.Throws<OnnxRuntimeException>(() => new InferenceSession("/there/is/no/such.onnx"));

        Assert.StartsWith("[ErrorCode:NoSuchFile] ", error.Message, StringComparison.Ordinal);
        Assert.Contains("/there/is/no/such.onnx", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(40)]
    public void Constructor_WithTruncatedModel_Throws(int length)
    {
        var error = Assert.Throws<OnnxRuntimeException>(() => new InferenceSession(TinyModels.Linear[..length]));

        Assert.StartsWith("[ErrorCode:", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Constructor_WithRandomBytes_ThrowsEveryTime()
    {
        var random = new Random(20260112);
        for (int round = 0; round < 200; round++)
        {
            byte[] bytes = new byte[random.Next(1, 300)];
            random.NextBytes(bytes);
            Assert.Throws<OnnxRuntimeException>(() => new InferenceSession(bytes));
        }
    }

    [Fact]
    public void Constructor_WithAFlippedByte_LoadsOrThrowsItsOwnException()
    {
        byte[] model = TinyModels.Linear;
        int refused = 0;
        for (int i = 0; i < model.Length; i++)
        {
            byte[] damaged = [.. model];
            damaged[i] ^= 0x55;
            try
            {
                new InferenceSession(damaged).Dispose();
            }
            catch (OnnxRuntimeException)
            {
                refused++;
            }
        }

        Assert.InRange(refused, model.Length / 4, model.Length);
    }

    [Fact]
    public void Constructor_WithOperatorThatNoProviderHas_Throws()
    {
        byte[] model = [.. TinyModels.Linear];
        "MatNul"u8.CopyTo(model.AsSpan(model.AsSpan().IndexOf("MatMul"u8)));

        var error = Assert.Throws<OnnxRuntimeException>(() => new InferenceSession(model));

        Assert.Contains("MatNul", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void InputMetadata_WithStringInput_SaysSo()
    {
        using var session = new InferenceSession(TinyModels.Identity(TensorElementType.String));

        Assert.True(session.InputMetadata["x"].IsString);
        Assert.Equal(typeof(string), session.InputMetadata["x"].ElementType);
    }

    [Fact]
    public void OutputMetadata_WithSequence_IsNoTensor()
    {
        using var session = new InferenceSession(TinyModels.Sequence);
        NodeMetadata sequence = session.OutputMetadata["s"];

        Assert.Equal(OnnxValueType.ONNX_TYPE_SEQUENCE, sequence.OnnxValueType);
        Assert.False(sequence.IsTensor);
        Assert.Throws<OnnxRuntimeException>(() => sequence.Dimensions);
        Assert.Throws<OnnxRuntimeException>(() => sequence.ElementType);
    }

    [Fact]
    public void OverridableInitializerMetadata_WithInitializerAmongInputs_HasIt()
    {
        using var session = new InferenceSession(TinyModels.LinearWithOverridableWeights);

        Assert.Equal([3, 2], session.OverridableInitializerMetadata["W"].Dimensions);
        Assert.DoesNotContain("b", session.OverridableInitializerMetadata.Keys);
        Assert.DoesNotContain("W", session.InputNames);
    }

    [Fact]
    public void ModelMetadata_WithAllFields_ReadsThem()
    {
        using var session = new InferenceSession(TinyModels.Linear);
        ModelMetadata metadata = session.ModelMetadata;

        Assert.Equal("by hand", metadata.ProducerName);
        Assert.Equal("linear", metadata.GraphName);
        Assert.Equal("tests.example", metadata.Domain);
        Assert.Equal("a model", metadata.Description);
        Assert.Equal("a graph", metadata.GraphDescription);
        Assert.Equal(42, metadata.Version);
        Assert.Equal(new Dictionary<string, string> { ["colour"] = "grün", ["empty"] = "" }, metadata.CustomMetadataMap);
        Assert.Same(metadata, session.ModelMetadata);
    }

    [Fact]
    public void Dispose_CalledTwice_DoesNothingMore()
    {
        var session = new InferenceSession(TinyModels.Linear);

        session.Dispose();
        session.Dispose();
    }
}
