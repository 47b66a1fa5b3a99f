using Microsoft.ML.OnnxRuntime;
using Xunit;

namespace UnitTests.OnnxRuntime;

public sealed class OrtIoBindingTests : IDisposable
{
    private readonly InferenceSession _linear = new(TinyModels.Linear);
    private readonly RunOptions _options = new();
    private readonly float[] _input = [1, 2, 3];
    private readonly OrtValue _x;

    public OrtIoBindingTests() => _x = OrtValue.CreateTensorValueFromMemory(_input, [1, 3]);

    public void Dispose()
    {
        _x.Dispose();
        _linear.Dispose();
        _options.Dispose();
    }

    [Fact]
    public void RunWithBinding_WithBoundValues_WritesIntoTheOutput()
    {
        float[] output = new float[2];
        using OrtValue y = OrtValue.CreateTensorValueFromMemory(output, [1, 2]);
        using OrtIoBinding binding = _linear.CreateIoBinding();
        binding.BindInput("x", _x);
        binding.BindOutput("y", y);
        binding.SynchronizeBoundInputs();

        _linear.RunWithBinding(_options, binding);
        binding.SynchronizeBoundOutputs();
        Assert.Equal([32f, 48f], output);

        _input[0] = 0;
        _linear.RunWithBinding(_options, binding);
        Assert.Equal([31f, 46f], output);
    }

    [Fact]
    public void RunWithBoundResults_WithOutputBoundToDevice_ReturnsNewValues()
    {
        using OrtIoBinding binding = _linear.CreateIoBinding();
        binding.BindInput("x", _x);
        binding.BindOutputToDevice("y", OrtMemoryInfo.DefaultInstance);

        using var first = _linear.RunWithBoundResults(_options, binding);
        using OrtValue two = OrtValue.CreateTensorValueFromMemory(new float[] { 0, 0, 0, 1, 1, 1 }, [2, 3]);
        binding.BindInput("x", two);
        Assert.Throws<OnnxRuntimeException>(() => _linear.RunWithBinding(_options, binding)); // the output of the first run is still bound, with its shape
        binding.BindOutputToDevice("y", OrtMemoryInfo.DefaultInstance);
        using var second = _linear.RunWithBoundResults(_options, binding);

        Assert.Equal([32f, 48f], Assert.Single(first).GetTensorDataAsSpan<float>().ToArray());
        Assert.Equal([10f, 20f, 19f, 32f], Assert.Single(second).GetTensorDataAsSpan<float>().ToArray());
    }

    [Fact]
    public void GetOutputValues_WithSeveralOutputs_ReturnsThemInTheOrderOfBinding()
    {
        using var session = new InferenceSession(TinyModels.TwoOutputs);
        using OrtValue a = OrtValue.CreateTensorValueFromMemory(new float[] { 5 }, [1]);
        using OrtValue b = OrtValue.CreateTensorValueFromMemory(new float[] { 3 }, [1]);
        float[] memory = new float[1];
        using OrtValue sum = OrtValue.CreateTensorValueFromMemory(memory, [1]);
        using OrtIoBinding binding = session.CreateIoBinding();
        binding.BindInput("a", a);
        binding.BindInput("ü", b);
        binding.BindOutputToDevice("Δ", OrtMemoryInfo.DefaultInstance);
        binding.BindOutput("Σ", sum);

        session.RunWithBinding(_options, binding);
        using var results = binding.GetOutputValues();

        Assert.Equal([2f, 8f], results.Select(value => value.GetTensorDataAsSpan<float>()[0]));
        Assert.Equal(8f, memory[0]);
    }

    [Fact]
    public void RunWithBinding_WithoutInput_NamesIt()
    {
        using OrtIoBinding binding = _linear.CreateIoBinding();
        binding.BindOutputToDevice("y", OrtMemoryInfo.DefaultInstance);

        var error = Assert.Throws<OnnxRuntimeException>(() => _linear.RunWithBinding(_options, binding));

        Assert.Contains("x", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void RunWithBinding_WithUnknownName_NamesIt()
    {
        using OrtIoBinding binding = _linear.CreateIoBinding();

        var error = Assert.Throws<OnnxRuntimeException>(() =>
        {
            binding.BindInput("zebra", _x);
            binding.BindOutputToDevice("y", OrtMemoryInfo.DefaultInstance);
            _linear.RunWithBinding(_options, binding);
        });

        Assert.Contains("zebra", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ClearBoundInputs_ThenRun_Fails()
    {
        using OrtIoBinding binding = _linear.CreateIoBinding();
        binding.BindInput("x", _x);
        binding.BindOutputToDevice("y", OrtMemoryInfo.DefaultInstance);
        _linear.RunWithBinding(_options, binding);

        binding.ClearBoundInputs();

        Assert.Throws<OnnxRuntimeException>(() => _linear.RunWithBinding(_options, binding));
    }

    [Fact]
    public void ClearBoundOutputs_ThenGetOutputValues_ReturnsNothing()
    {
        using OrtIoBinding binding = _linear.CreateIoBinding();
        binding.BindInput("x", _x);
        binding.BindOutputToDevice("y", OrtMemoryInfo.DefaultInstance);
        _linear.RunWithBinding(_options, binding);

        binding.ClearBoundOutputs();

        using var none = binding.GetOutputValues();
        Assert.Empty(none);
    }
}
