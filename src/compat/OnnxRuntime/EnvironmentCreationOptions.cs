namespace Microsoft.ML.OnnxRuntime;

/// <summary>Receives a log line. Called on whichever thread logs, possibly several at once; exceptions are swallowed.</summary>
/// <param name="param"><see cref="EnvironmentCreationOptions.loggingParam"/>.</param>
/// <param name="severity">How grave it is.</param>
/// <param name="category">Such as "onnxruntime".</param>
/// <param name="logId">The log id of the environment, session or run.</param>
/// <param name="codeLocation">Source file, line and function inside ONNX Runtime.</param>
/// <param name="message">The text.</param>
public delegate void DOrtLoggingFunction(IntPtr param, OrtLoggingLevel severity, string category, string logId, string codeLocation, string message);

/// <summary>How <see cref="OrtEnv.CreateInstanceWithOptions"/> makes the environment. Everything is optional.</summary>
public struct EnvironmentCreationOptions
{
    /// <summary>Names the application in log lines; default <c>CSharpOnnxRuntime</c>.</summary>
    public string? logId;

    /// <summary>The least grave severity that is logged; default warning.</summary>
    public OrtLoggingLevel? logLevel;

    /// <summary>Makes process-wide thread pools, for sessions with <see cref="SessionOptions.DisablePerSessionThreads"/>.</summary>
    public OrtThreadingOptions? threadOptions;

    /// <summary>Handed to <see cref="loggingFunction"/> as it is.</summary>
    public IntPtr? loggingParam;

    /// <summary>Takes the log lines, which go to the standard error stream otherwise.</summary>
    public DOrtLoggingFunction? loggingFunction;
}
