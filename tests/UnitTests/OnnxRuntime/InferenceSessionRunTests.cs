using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using Xunit;

namespace UnitTests.OnnxRuntime;

public sealed class InferenceSessionRunTests : IDisposable
{
    private static readonly string[] s_x = ["x"];
    private static readonly string[] s_y = ["y"];

    private readonly InferenceSession _linear = new(TinyModels.Linear);
    private readonly RunOptions _options = new();

    public void Dispose()
    {
        _linear.Dispose();
        _options.Dispose();
    }

    [Fact]
    public void Run_WithOutputNames_ReturnsNewValues()
    {
        using OrtValue x = OrtValue.CreateTensorValueFromMemory(new float[] { 1, 2, 3, -1, 0, 1 }, [2, 3]);

        using IDisposableReadOnlyCollection<OrtValue> results = _linear.Run(_options, s_x, [x], s_y);

        OrtValue y = Assert.Single(results);
        Assert.Equal([2L, 2L], y.GetTensorTypeAndShape().Shape);
        Assert.Equal([32f, 48f, 14f, 24f], y.GetTensorDataAsSpan<float>().ToArray());
    }

    [Fact]
    public void Run_WithDictionary_ReturnsNewValues()
    {
        using OrtValue x = OrtValue.CreateTensorValueFromMemory(new float[] { 1, 2, 3 }, [1, 3]);

        using var results = _linear.Run(_options, new Dictionary<string, OrtValue> { ["x"] = x }, _linear.OutputNames);

        Assert.Equal([32f, 48f], results[0].GetTensorDataAsSpan<float>().ToArray());
    }

    [Fact]
    public void Run_WithPreallocatedOutput_WritesIntoIt()
    {
        float[] input = [1, 2, 3];
        float[] output = new float[2];
        using OrtValue x = OrtValue.CreateTensorValueFromMemory(input, [1, 3]);
        using OrtValue y = OrtValue.CreateTensorValueFromMemory(output, [1, 2]);

        _linear.Run(_options, s_x, [x], s_y, [y]);
        Assert.Equal([32f, 48f], output);

        // The values stand on the arrays: what is written into the input now is seen by the next run.
        input[0] = 0;
        _linear.Run(null, _linear.InputNames, [x], _linear.OutputNames, [y]);
        Assert.Equal([31f, 46f], output);
    }

    [Fact]
    public void Run_WithEveryKindOfCollection_TakesThem()
    {
        using OrtValue x = OrtValue.CreateTensorValueFromMemory(new float[] { 1, 2, 3 }, [1, 3]);
        float[] output = new float[2];
        using OrtValue y = OrtValue.CreateTensorValueFromMemory(output, [1, 2]);

        _linear.Run(_options, new List<string> { "x" }, new List<OrtValue> { x }, new SortedSet<string> { "y" }, new Queue<OrtValue>([y]));

        Assert.Equal([32f, 48f], output);
    }

    [Fact]
    public void Run_WithOutputsInAnyOrder_ReturnsThemInThatOrder()
    {
        using var session = new InferenceSession(TinyModels.TwoOutputs);
        using OrtValue a = OrtValue.CreateTensorValueFromMemory(new float[] { 5 }, [1]);
        using OrtValue b = OrtValue.CreateTensorValueFromMemory(new float[] { 3 }, [1]);

        using var results = session.Run(_options, ["ü", "a"], [b, a], ["Δ", "Σ"]);
        using var one = session.Run(_options, ["a", "ü"], [a, b], ["Δ"]);

        Assert.Equal([2f, 8f], results.Select(value => value.GetTensorDataAsSpan<float>()[0]));
        Assert.Equal(2f, Assert.Single(one).GetTensorDataAsSpan<float>()[0]);
    }

    [Fact]
    public void Run_WithOverriddenInitializer_UsesTheGivenValue()
    {
        using OrtValue x = OrtValue.CreateTensorValueFromMemory(new float[] { 1, 2, 3 }, [1, 3]);
        using var session = new InferenceSession(TinyModels.LinearWithOverridableWeights);
        using OrtValue w = OrtValue.CreateTensorValueFromMemory(new float[6], [3, 2]);

        using var results = session.Run(_options, ["x", "W"], [x, w], s_y);

        Assert.Equal([10f, 20f], results[0].GetTensorDataAsSpan<float>().ToArray());
    }

    [Theory]
    [InlineData(2)]
    [InlineData(15)]
    [InlineData(16)]
    [InlineData(60)]
    public void Run_WithManyInputs_PassesEachInItsPlace(int count)
    {
        using var session = new InferenceSession(TinyModels.ManyInputs(count));
        OrtValue[] values = [.. Enumerable.Range(0, count).Select(i => OrtValue.CreateTensorValueFromMemory(new float[] { 1 << (i % 20) }, []))];
        float expected = Enumerable.Range(0, count).Sum(i => (float)(1 << (i % 20)));

        using var results = session.Run(_options, session.InputNames, values, session.OutputNames);

        Assert.Equal(expected, results[0].GetTensorDataAsSpan<float>()[0]);
        foreach (OrtValue value in values)
            value.Dispose();
    }

    [Fact]
    public void Run_WithEmptyBatch_ReturnsEmptyTensor()
    {
        using OrtValue x = OrtValue.CreateTensorValueFromMemory(Array.Empty<float>(), [0, 3]);

        using var results = _linear.Run(_options, s_x, [x], s_y);

        Assert.Equal([0L, 2L], results[0].GetTensorTypeAndShape().Shape);
        Assert.True(results[0].GetTensorDataAsSpan<float>().IsEmpty);
    }

    [Fact]
    public void Run_WithSequenceOutput_ReturnsValueThatIsNoTensor()
    {
        using var session = new InferenceSession(TinyModels.Sequence);
        using OrtValue x = OrtValue.CreateTensorValueFromMemory(new float[] { 1 }, [1]);

        using var results = session.Run(_options, s_x, [x], ["s"]);

        Assert.Equal(OnnxValueType.ONNX_TYPE_SEQUENCE, results[0].OnnxType);
        Assert.False(results[0].IsTensor);
        Assert.Throws<OnnxRuntimeException>(() => results[0].GetTensorDataAsSpan<float>().Length);
        Assert.Throws<OnnxRuntimeException>(() => results[0].GetTensorTypeAndShape());
    }

    [Fact]
    public void Run_WithUnknownNames_NamesThem()
    {
        using OrtValue x = OrtValue.CreateTensorValueFromMemory(new float[3], [1, 3]);

        var input = Assert.Throws<OnnxRuntimeException>(() => _linear.Run(_options, ["z"], [x], s_y));
        var output = Assert.Throws<OnnxRuntimeException>(() => _linear.Run(_options, s_x, [x], ["z"]));

        Assert.Equal("[ErrorCode:InvalidArgument] Input name: 'z' is not in the metadata", input.Message);
        Assert.Equal("[ErrorCode:InvalidArgument] Output name: 'z' is not in the metadata", output.Message);
    }

    [Fact]
    public void Run_WithoutARequiredInput_NamesIt()
    {
        var error = Assert.Throws<OnnxRuntimeException>(() => _linear.Run(_options, Array.Empty<string>(), Array.Empty<OrtValue>(), s_y));

        Assert.Contains("x", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_WithMoreNamesThanValues_Throws()
    {
        using OrtValue x = OrtValue.CreateTensorValueFromMemory(new float[3], [1, 3]);

        Assert.Throws<ArgumentException>(() => _linear.Run(_options, ["x", "W"], [x], s_y));
        Assert.Throws<ArgumentException>(() => _linear.Run(_options, s_x, [x], ["y"], Array.Empty<OrtValue>()));
    }

    [Fact]
    public void Run_WithWrongElementType_Throws()
    {
        using OrtValue x = OrtValue.CreateTensorValueFromMemory(new double[3], [1, 3]);

        var error = Assert.Throws<OnnxRuntimeException>(() => _linear.Run(_options, s_x, [x], s_y));

        Assert.StartsWith("[ErrorCode:InvalidArgument] Unexpected input data type", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new long[] { 1, 4 })]
    [InlineData(new long[] { 4 })]
    [InlineData(new long[] { 1, 1, 4 })]
    public void Run_WithWrongShape_Throws(long[] shape)
    {
        using OrtValue x = OrtValue.CreateTensorValueFromMemory(new float[4], shape);

        var error = Assert.Throws<OnnxRuntimeException>(() => _linear.Run(_options, s_x, [x], s_y));

        Assert.StartsWith("[ErrorCode:InvalidArgument] ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_WithOutputOfWrongShape_Throws()
    {
        using OrtValue x = OrtValue.CreateTensorValueFromMemory(new float[3], [1, 3]);
        using OrtValue y = OrtValue.CreateTensorValueFromMemory(new float[4], [2, 2]);

        Assert.Throws<OnnxRuntimeException>(() => _linear.Run(_options, s_x, [x], s_y, [y]));
    }

    [Fact]
    public void Run_AfterTerminate_FailsUntilItIsTakenBack()
    {
        using OrtValue x = OrtValue.CreateTensorValueFromMemory(new float[3], [1, 3]);
        using var options = new RunOptions { Terminate = true, LogId = "terminated", LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };

        var error = Assert.Throws<OnnxRuntimeException>(() => _linear.Run(options, s_x, [x], s_y));
        Assert.Contains("terminate", error.Message, StringComparison.Ordinal);

        options.Terminate = false;
        _linear.Run(options, s_x, [x], s_y).Dispose();
    }

    [Theory]
    [InlineData(8, 2_000)]
    public void Run_FromManyThreads_KeepsResultsApart(int threads, int runs)
    {
        int wrong = 0;
        Thread[] workers = [.. Enumerable.Range(0, threads).Select(thread => new Thread(() =>
        {
            float[] input = new float[3];
            float[] output = new float[2];
            using OrtValue x = OrtValue.CreateTensorValueFromMemory(input, [1, 3]);
            using OrtValue y = OrtValue.CreateTensorValueFromMemory(output, [1, 2]);
            OrtValue[] xs = [x];
            OrtValue[] ys = [y];
            for (int run = 0; run < runs; run++)
            {
                (input[0], input[1], input[2]) = (thread, run, thread * run);
                _linear.Run(_options, s_x, xs, s_y, ys);
                if ((output[0], output[1]) != TinyModels.LinearOf(input[0], input[1], input[2]))
                    Interlocked.Increment(ref wrong);
            }
        }))];

        foreach (Thread worker in workers)
            worker.Start();
        foreach (Thread worker in workers)
            worker.Join();

        Assert.Equal(0, wrong);
    }

    [Fact]
    public void Run_FromManyThreadsWithNewOutputs_KeepsResultsApart()
    {
        Parallel.For(0, 2_000, i =>
        {
            using OrtValue x = OrtValue.CreateTensorValueFromMemory(new float[] { i, 1, 2 }, [1, 3]);
            using var results = _linear.Run(_options, s_x, [x], s_y);
            ReadOnlySpan<float> y = results[0].GetTensorDataAsSpan<float>();
            Assert.Equal(TinyModels.LinearOf(i, 1, 2), (y[0], y[1]));
        });
    }

    [Fact]
    public void Dispose_OfResults_DisposesEachAndEmptiesTheCollection()
    {
        using OrtValue x = OrtValue.CreateTensorValueFromMemory(new float[3], [1, 3]);
        var results = _linear.Run(_options, s_x, [x], s_y);
        Assert.Single(results);

        results.Dispose();
        results.Dispose();

        Assert.Empty(results);
    }
}
