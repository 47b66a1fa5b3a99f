using Microsoft.ML.OnnxRuntime;
using UnitTests.OnnxRuntime;
using Xunit;

namespace UnitTests.Compat.OnnxRuntime;

/// <summary>A run on values that exist already costs no managed memory; the official package's costs a few hundred bytes.</summary>
public sealed class AllocationTests : IDisposable
{
    private static readonly string[] s_x = ["x"];
    private static readonly string[] s_y = ["y"];

    private readonly InferenceSession _linear = new(TinyModels.Linear);
    private readonly RunOptions _options = new();
    private readonly OrtValue[] _xs = [OrtValue.CreateTensorValueFromMemory(new float[96], [32, 3])];
    private readonly OrtValue[] _ys = [OrtValue.CreateTensorValueFromMemory(new float[64], [32, 2])];

    public void Dispose()
    {
        _xs[0].Dispose();
        _ys[0].Dispose();
        _linear.Dispose();
        _options.Dispose();
    }

    [Fact]
    public void Run_WithArrays_AllocatesNothing() => AssertAllocatesNothing(() => _linear.Run(_options, s_x, _xs, s_y, _ys));

    [Fact]
    public void Run_WithTheSessionsOwnNamesAndNoOptions_AllocatesNothing() =>
        AssertAllocatesNothing(() => _linear.Run(null, _linear.InputNames, _xs, _linear.OutputNames, _ys));

    [Fact]
    public void Run_WithLists_AllocatesNothing()
    {
        List<OrtValue> xs = [.. _xs];
        List<OrtValue> ys = [.. _ys];
        List<string> x = ["x"];
        List<string> y = ["y"];

        AssertAllocatesNothing(() => _linear.Run(_options, x, xs, y, ys));
    }

    [Fact]
    public void Run_WithMoreValuesThanFitTheStack_AllocatesNothing()
    {
        using var session = new InferenceSession(TinyModels.ManyInputs(40));
        OrtValue[] inputs = [.. Enumerable.Range(0, 40).Select(i => OrtValue.CreateTensorValueFromMemory(new float[] { i }, []))];
        OrtValue[] outputs = [OrtValue.CreateTensorValueFromMemory(new float[1], [])];

        AssertAllocatesNothing(() => session.Run(_options, session.InputNames, inputs, session.OutputNames, outputs));
        Assert.Equal(780, outputs[0].GetTensorDataAsSpan<float>()[0]);
    }

    [Fact]
    public void RunWithBinding_WithBoundValues_AllocatesNothing()
    {
        using OrtIoBinding binding = _linear.CreateIoBinding();
        binding.BindInput("x", _xs[0]);
        binding.BindOutput("y", _ys[0]);

        AssertAllocatesNothing(() =>
        {
            binding.BindInput("x", _xs[0]);
            binding.BindOutput("y", _ys[0]);
            _linear.RunWithBinding(_options, binding);
        });
    }

    [Fact]
    public void GetTensorDataAsSpan_AllocatesNothing() => AssertAllocatesNothing(() => _ys[0].GetTensorDataAsSpan<float>().Contains(1f));

    private static void AssertAllocatesNothing(Action action)
    {
        for (int i = 0; i < 200; i++)
            action();
        // The runtime may allocate once on this thread's behalf, when it recompiles a method: some round must be clean.
        long least = long.MaxValue;
        for (int round = 0; round < 5 && least > 0; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 200; i++)
                action();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        Assert.Equal(0, least);
    }
}
