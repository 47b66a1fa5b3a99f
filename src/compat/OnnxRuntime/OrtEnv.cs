using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime.Interop;

namespace Microsoft.ML.OnnxRuntime;

/// <summary>
/// The process-wide environment of ONNX Runtime: logging and, if asked for, global thread pools. It is made on first need with defaults,
/// or before that by <see cref="CreateInstanceWithOptions"/>. Telemetry is off in every environment, see src/compat/README.md.
/// </summary>
public sealed unsafe class OrtEnv : SafeHandle
{
    private const string DefaultLogId = "CSharpOnnxRuntime";

    private static readonly Lock s_creating = new();
    private static OrtEnv? s_instance;

    private OrtLoggingLevel _envLogLevel;

    private OrtEnv(nint native, OrtLoggingLevel logLevel)
        : base(0, ownsHandle: true)
    {
        SetHandle(native);
        _envLogLevel = logLevel;
    }

    /// <summary>Whether the environment exists already, so that options would come too late.</summary>
    public static bool IsCreated => Volatile.Read(ref s_instance) is not null;

    /// <summary>The environment; the first call makes it with default options.</summary>
    /// <exception cref="DllNotFoundException">There is no native library; the message says what to do.</exception>
    public static OrtEnv Instance()
    {
        if (Volatile.Read(ref s_instance) is { } instance)
            return instance;
        lock (s_creating)
            return s_instance ??= Create(default);
    }

    /// <summary>Makes the environment with options.</summary>
    /// <exception cref="OnnxRuntimeException">It exists already; making session options made it, for example.</exception>
    public static OrtEnv CreateInstanceWithOptions(ref EnvironmentCreationOptions options)
    {
        lock (s_creating)
        {
            if (s_instance is not null)
                throw new OnnxRuntimeException(ErrorCode.RuntimeException, "OrtEnv singleton instance already exists, supplied options would not have effect");
            return s_instance = Create(options);
        }
    }

    /// <summary>The least grave severity that is logged.</summary>
    public OrtLoggingLevel EnvLogLevel
    {
        get => _envLogLevel;
        set
        {
            using var self = new HandleLease(this);
            OrtStatus.ThrowIfFailed(OrtLibrary.Api->UpdateEnvWithCustomLogLevel(self.Value, (int)value));
            _envLogLevel = value;
        }
    }

    /// <summary>Stops telemetry events. It has been called already: no environment starts them.</summary>
    public void DisableTelemetryEvents()
    {
        using var self = new HandleLease(this);
        OrtStatus.ThrowIfFailed(OrtLibrary.Api->DisableTelemetryEvents(self.Value));
    }

    /// <summary>The native library's version, such as 1.30.0.</summary>
    public string GetVersionString() => OrtLibrary.VersionString;

    /// <summary>
    /// The execution providers compiled into the native library, the preferred first. Being compiled in does not mean that it can be used:
    /// CUDA and TensorRT also need their provider library beside it, and a device.
    /// </summary>
    public string[] GetAvailableProviders()
    {
        byte** names;
        int count;
        OrtStatus.ThrowIfFailed(OrtLibrary.Api->GetAvailableProviders(&names, &count));
        try
        {
            string[] providers = new string[count];
            for (int i = 0; i < count; i++)
                providers[i] = Utf8.Read(names[i]);
            return providers;
        }
        finally
        {
            OrtStatus.ThrowIfFailed(OrtLibrary.Api->ReleaseAvailableProviders(names, count));
        }
    }

    public override bool IsInvalid => handle == 0;

    protected override void Dispose(bool disposing)
    {
        // The next Instance() makes a new one, while sessions of this one keep it alive to their end.
        Interlocked.CompareExchange(ref s_instance, null, this);
        base.Dispose(disposing);
    }

    protected override bool ReleaseHandle()
    {
        OrtLibrary.Api->ReleaseEnv(handle);
        return true;
    }

    private static OrtEnv Create(EnvironmentCreationOptions options)
    {
        OrtApiTable* api = OrtLibrary.Api;
        OrtLoggingLevel level = options.logLevel ?? OrtLoggingLevel.ORT_LOGGING_LEVEL_WARNING;
        nint loggingParam = options.loggingParam ?? 0;
        if (options.loggingFunction is not null)
            LogSink.Function = options.loggingFunction;

        nint native;
        fixed (byte* logId = Utf8.Zeroed(string.IsNullOrEmpty(options.logId) ? DefaultLogId : options.logId))
        {
            if (options.threadOptions is { } threadOptions)
            {
                using var threads = new HandleLease(threadOptions);
                OrtStatus.ThrowIfFailed(options.loggingFunction is null
                    ? api->CreateEnvWithGlobalThreadPools((int)level, logId, threads.Value, &native)
                    : api->CreateEnvWithCustomLoggerAndGlobalThreadPools(&LogSink.Receive, loggingParam, (int)level, logId, threads.Value, &native));
            }
            else
            {
                OrtStatus.ThrowIfFailed(options.loggingFunction is null
                    ? api->CreateEnv((int)level, logId, &native)
                    : api->CreateEnvWithCustomLogger(&LogSink.Receive, loggingParam, (int)level, logId, &native));
            }
        }

        var environment = new OrtEnv(native, level);
        try
        {
            environment.DisableTelemetryEvents();
            return environment;
        }
        catch
        {
            environment.Dispose();
            throw;
        }
    }
}
