using Microsoft.ML.OnnxRuntime;
using Xunit;

namespace UnitTests.OnnxRuntime;

public sealed class SessionOptionsTests
{
    [Fact]
    public void Constructor_WithoutArguments_HasTheDocumentedDefaults()
    {
        using var options = new SessionOptions();

        Assert.Equal(GraphOptimizationLevel.ORT_ENABLE_ALL, options.GraphOptimizationLevel);
        Assert.Equal(ExecutionMode.ORT_SEQUENTIAL, options.ExecutionMode);
        Assert.Equal(0, options.IntraOpNumThreads);
        Assert.Equal(0, options.InterOpNumThreads);
        Assert.True(options.EnableCpuMemArena);
        Assert.True(options.EnableMemoryPattern);
        Assert.Equal("", options.LogId);
        Assert.Equal(OrtLoggingLevel.ORT_LOGGING_LEVEL_WARNING, options.LogSeverityLevel);
        Assert.True(OrtEnv.IsCreated);
    }

    [Fact]
    public void EveryOption_SetAndRead_MakesASessionThatRuns()
    {
        using var options = new SessionOptions
        {
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_DISABLE_ALL,
            ExecutionMode = ExecutionMode.ORT_PARALLEL,
            IntraOpNumThreads = 1,
            InterOpNumThreads = 2,
            EnableCpuMemArena = false,
            EnableMemoryPattern = false,
            LogId = "tiny-ü",
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR,
        };
        options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
        options.AppendExecutionProvider_CPU(0);

        Assert.Equal(GraphOptimizationLevel.ORT_DISABLE_ALL, options.GraphOptimizationLevel);
        Assert.Equal(ExecutionMode.ORT_PARALLEL, options.ExecutionMode);
        Assert.Equal(1, options.IntraOpNumThreads);
        Assert.Equal(2, options.InterOpNumThreads);
        Assert.False(options.EnableCpuMemArena);
        Assert.False(options.EnableMemoryPattern);
        Assert.Equal("tiny-ü", options.LogId);
        AssertRuns(options);

        options.EnableCpuMemArena = true;
        options.EnableMemoryPattern = true;
        AssertRuns(options);
    }

    [Fact]
    public void GraphOptimizationLevel_WithEachLevel_GivesTheSameResult()
    {
        foreach (GraphOptimizationLevel level in Enum.GetValues<GraphOptimizationLevel>())
        {
            using var options = new SessionOptions { GraphOptimizationLevel = level };
            AssertRuns(options);
        }
    }

    [Fact]
    public void GraphOptimizationLevel_WithUnknownLevel_Throws()
    {
        using var options = new SessionOptions();

        Assert.Throws<OnnxRuntimeException>(() => options.GraphOptimizationLevel = (GraphOptimizationLevel)77);
        Assert.Equal(GraphOptimizationLevel.ORT_ENABLE_ALL, options.GraphOptimizationLevel);
    }

    [Fact]
    public void AddSessionConfigEntry_WithEmptyKey_Throws()
    {
        using var options = new SessionOptions();

        Assert.Throws<OnnxRuntimeException>(() => options.AddSessionConfigEntry("", "1"));
    }

    [Fact]
    public void AddSessionConfigEntry_WithAFormatThatTheModelIsNot_FailsTheSession()
    {
        using var options = new SessionOptions();
        options.AddSessionConfigEntry("session.load_model_format", "ORT");

        Assert.Throws<OnnxRuntimeException>(() => new InferenceSession(TinyModels.Linear, options));
    }

    [Fact]
    public void AppendExecutionProvider_WithUnknownName_ListsTheKnownOnes()
    {
        using var options = new SessionOptions();

        var error = Assert.Throws<OnnxRuntimeException>(
            () => options.AppendExecutionProvider("Abacus", new Dictionary<string, string> { ["beads"] = "10", ["rods"] = "7" }));

        Assert.Contains("Abacus", error.Message, StringComparison.Ordinal);
        AssertRuns(options);
    }

    /// <summary>Where there is no GPU, asking for one must fail with words and leave the options usable, so that the caller can fall back.</summary>
    [SkippableFact]
    public void AppendExecutionProvider_CUDA_WithoutProviderLibrary_SaysWhatIsMissing()
    {
        Skip.If(HasProviderLibrary("cuda"), "The CUDA provider library is there.");
        using var options = new SessionOptions();

        var byDevice = Assert.Throws<OnnxRuntimeException>(() => options.AppendExecutionProvider_CUDA(0));
        Assert.StartsWith("[ErrorCode:", byDevice.Message, StringComparison.Ordinal);
        Assert.Contains("Failed to load", byDevice.Message, StringComparison.Ordinal);
        AssertRuns(options);
    }

    [SkippableFact]
    public void AppendExecutionProvider_Tensorrt_WithoutProviderLibrary_SaysWhatIsMissing()
    {
        Skip.If(HasProviderLibrary("tensorrt"), "The TensorRT provider library is there.");
        using var options = new SessionOptions();

        Assert.Throws<OnnxRuntimeException>(() => options.AppendExecutionProvider_Tensorrt(0));
        AssertRuns(options);
    }

    private static bool HasProviderLibrary(string provider) =>
        Directory.EnumerateFiles(AppContext.BaseDirectory, $"*onnxruntime_providers_{provider}*", SearchOption.AllDirectories).Any();

    private static void AssertRuns(SessionOptions options)
    {
        using var session = new InferenceSession(TinyModels.Linear, options);
        using OrtValue x = OrtValue.CreateTensorValueFromMemory(new float[] { 1, 2, 3 }, [1, 3]);
        using var runOptions = new RunOptions();
        using var results = session.Run(runOptions, session.InputNames, [x], session.OutputNames);
        Assert.Equal([32f, 48f], results[0].GetTensorDataAsSpan<float>().ToArray());
    }
}
