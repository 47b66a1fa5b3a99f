using Microsoft.ML.OnnxRuntime;
using Xunit;

namespace UnitTests.OnnxRuntime;

public sealed class OrtEnvTests
{
    [Fact]
    public void Instance_CalledTwice_IsTheSame()
    {
        Assert.Same(OrtEnv.Instance(), OrtEnv.Instance());
        Assert.True(OrtEnv.IsCreated);
        OrtEnv.Instance().DisableTelemetryEvents();
    }

    [Fact]
    public void CreateInstanceWithOptions_WhenThereIsOne_Throws()
    {
        OrtEnv.Instance();
        var options = new EnvironmentCreationOptions { logId = "late" };

        var error = Assert.Throws<OnnxRuntimeException>(() => OrtEnv.CreateInstanceWithOptions(ref options));

        Assert.Equal("[ErrorCode:RuntimeException] OrtEnv singleton instance already exists, supplied options would not have effect", error.Message);
    }

    [Fact]
    public void GetVersionString_IsAVersionThatHasTheApi() =>
        Assert.True(Version.Parse(OrtEnv.Instance().GetVersionString()) >= new Version(1, 20));

    [Fact]
    public void GetAvailableProviders_HasTheCpuLast() =>
        Assert.Equal("CPUExecutionProvider", OrtEnv.Instance().GetAvailableProviders()[^1]);

    [Fact]
    public void EnvLogLevel_SetAndRead_Stays()
    {
        OrtEnv environment = OrtEnv.Instance();
        OrtLoggingLevel before = environment.EnvLogLevel;

        environment.EnvLogLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR;
        Assert.Equal(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR, environment.EnvLogLevel);

        environment.EnvLogLevel = before;
    }
}
