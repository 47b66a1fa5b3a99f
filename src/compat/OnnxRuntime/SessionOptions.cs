using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime.Interop;

namespace Microsoft.ML.OnnxRuntime;

/// <summary>How far the graph is rewritten when a session is made; <c>GraphOptimizationLevel</c> of the C API.</summary>
public enum GraphOptimizationLevel
{
    ORT_DISABLE_ALL = 0,
    ORT_ENABLE_BASIC = 1,
    ORT_ENABLE_EXTENDED = 2,
    ORT_ENABLE_LAYOUT = 3,
    ORT_ENABLE_ALL = 99,
}

/// <summary>Whether independent operators run one after another or side by side; <c>ExecutionMode</c> of the C API.</summary>
public enum ExecutionMode
{
    ORT_SEQUENTIAL = 0,
    ORT_PARALLEL = 1,
}

/// <summary>
/// How a session is made. Making options makes the environment (<see cref="OrtEnv"/>) if there is none yet. A session copies what it
/// needs, so options may be disposed after its constructor, and serve several sessions.
/// </summary>
public sealed unsafe class SessionOptions : SafeHandle
{
    private bool _enableMemoryPattern = true;
    private bool _enableCpuMemArena = true;
    private string _logId = "";
    private OrtLoggingLevel _logSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_WARNING;
    private int _intraOpNumThreads;
    private int _interOpNumThreads;
    private GraphOptimizationLevel _graphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL;
    private ExecutionMode _executionMode = ExecutionMode.ORT_SEQUENTIAL;

    public SessionOptions()
        : base(0, ownsHandle: true)
    {
        OrtEnv.Instance();
        nint created;
        OrtStatus.ThrowIfFailed(OrtLibrary.Api->CreateSessionOptions(&created));
        SetHandle(created);
    }

    /// <value>Default <see cref="GraphOptimizationLevel.ORT_ENABLE_ALL"/>.</value>
    public GraphOptimizationLevel GraphOptimizationLevel
    {
        get => _graphOptimizationLevel;
        set
        {
            Set(OrtLibrary.Api->SetSessionGraphOptimizationLevel, (int)value);
            _graphOptimizationLevel = value;
        }
    }

    /// <value>Default <see cref="ExecutionMode.ORT_SEQUENTIAL"/>.</value>
    public ExecutionMode ExecutionMode
    {
        get => _executionMode;
        set
        {
            Set(OrtLibrary.Api->SetSessionExecutionMode, (int)value);
            _executionMode = value;
        }
    }

    /// <value>Threads within one operator, the calling one included; 0 (default): one per physical core.</value>
    public int IntraOpNumThreads
    {
        get => _intraOpNumThreads;
        set
        {
            Set(OrtLibrary.Api->SetIntraOpNumThreads, value);
            _intraOpNumThreads = value;
        }
    }

    /// <value>Threads across operators, only for <see cref="ExecutionMode.ORT_PARALLEL"/>; 0 (default): one per physical core.</value>
    public int InterOpNumThreads
    {
        get => _interOpNumThreads;
        set
        {
            Set(OrtLibrary.Api->SetInterOpNumThreads, value);
            _interOpNumThreads = value;
        }
    }

    /// <value>Whether CPU memory comes from an arena that grows and is kept; default true.</value>
    public bool EnableCpuMemArena
    {
        get => _enableCpuMemArena;
        set
        {
            if (value == _enableCpuMemArena)
                return;
            Set(value ? OrtLibrary.Api->EnableCpuMemArena : OrtLibrary.Api->DisableCpuMemArena);
            _enableCpuMemArena = value;
        }
    }

    /// <value>Whether the memory plan of the first run with some input shapes is kept for later runs with the same; default true.</value>
    public bool EnableMemoryPattern
    {
        get => _enableMemoryPattern;
        set
        {
            if (value == _enableMemoryPattern)
                return;
            Set(value ? OrtLibrary.Api->EnableMemPattern : OrtLibrary.Api->DisableMemPattern);
            _enableMemoryPattern = value;
        }
    }

    /// <value>Names the session in log lines; default "".</value>
    public string LogId
    {
        get => _logId;
        set
        {
            using var self = new HandleLease(this);
            fixed (byte* text = Utf8.Zeroed(value))
                OrtStatus.ThrowIfFailed(OrtLibrary.Api->SetSessionLogId(self.Value, text));
            _logId = value;
        }
    }

    /// <value>The least grave severity that the session logs; default warning.</value>
    public OrtLoggingLevel LogSeverityLevel
    {
        get => _logSeverityLevel;
        set
        {
            Set(OrtLibrary.Api->SetSessionLogSeverityLevel, (int)value);
            _logSeverityLevel = value;
        }
    }

    /// <summary>Makes the session use the process-wide thread pools of <see cref="EnvironmentCreationOptions.threadOptions"/>.</summary>
    public void DisablePerSessionThreads() => Set(OrtLibrary.Api->DisablePerSessionThreads);

    /// <summary>Sets one of the entries of onnxruntime_session_options_config_keys.h; the last value of a key counts.</summary>
    public void AddSessionConfigEntry(string configKey, string configValue)
    {
        using var self = new HandleLease(this);
        fixed (byte* key = Utf8.Zeroed(configKey))
        fixed (byte* value = Utf8.Zeroed(configValue))
            OrtStatus.ThrowIfFailed(OrtLibrary.Api->AddSessionConfigEntry(self.Value, key, value));
    }

    /// <summary>Appends the CPU provider. It is always the last resort; appending it says where it stands among the others.</summary>
    /// <param name="useArena">1: with the memory arena, 0: without.</param>
    public void AppendExecutionProvider_CPU(int useArena = 1)
    {
        using var self = new HandleLease(this);
        var append = (delegate* unmanaged<nint, int, nint>)OrtLibrary.GetExport("OrtSessionOptionsAppendExecutionProvider_CPU");
        OrtStatus.ThrowIfFailed(append(self.Value, useArena));
    }

    /// <summary>Appends the CUDA provider with default options.</summary>
    /// <exception cref="OnnxRuntimeException">This build lacks it, or its provider library or CUDA itself cannot be loaded.</exception>
    public void AppendExecutionProvider_CUDA(int deviceId = 0)
    {
        using var options = new OrtCUDAProviderOptions();
        options.UpdateOptions(DeviceOptions(deviceId));
        AppendExecutionProvider_CUDA(options);
    }

    /// <inheritdoc cref="AppendExecutionProvider_CUDA(int)"/>
    public void AppendExecutionProvider_CUDA(OrtCUDAProviderOptions cudaProviderOptions)
    {
        using var self = new HandleLease(this);
        using var options = new HandleLease(cudaProviderOptions);
        OrtStatus.ThrowIfFailed(OrtLibrary.Api->SessionOptionsAppendExecutionProviderCudaV2(self.Value, options.Value));
    }

    /// <summary>Appends the TensorRT provider with default options; append CUDA after it for what TensorRT does not take.</summary>
    /// <exception cref="OnnxRuntimeException">This build lacks it, or its provider library or TensorRT itself cannot be loaded.</exception>
    public void AppendExecutionProvider_Tensorrt(int deviceId = 0)
    {
        using var options = new OrtTensorRTProviderOptions();
        options.UpdateOptions(DeviceOptions(deviceId));
        AppendExecutionProvider_Tensorrt(options);
    }

    /// <inheritdoc cref="AppendExecutionProvider_Tensorrt(int)"/>
    public void AppendExecutionProvider_Tensorrt(OrtTensorRTProviderOptions trtProviderOptions)
    {
        using var self = new HandleLease(this);
        using var options = new HandleLease(trtProviderOptions);
        OrtStatus.ThrowIfFailed(OrtLibrary.Api->SessionOptionsAppendExecutionProviderTensorRTV2(self.Value, options.Value));
    }

    /// <summary>Appends a provider by its name, such as <c>WebGPU</c> or <c>XNNPACK</c>.</summary>
    /// <param name="providerName">As the provider is called in its documentation, without <c>ExecutionProvider</c>.</param>
    /// <param name="providerOptions">The provider's own options, if any.</param>
    /// <exception cref="OnnxRuntimeException">Unknown, not in this build, or refused by the provider.</exception>
    public void AppendExecutionProvider(string providerName, Dictionary<string, string>? providerOptions = null)
    {
        using var self = new HandleLease(this);
        using var pairs = new NativeStringPairs(providerOptions ?? []);
        fixed (byte* name = Utf8.Zeroed(providerName))
            OrtStatus.ThrowIfFailed(OrtLibrary.Api->SessionOptionsAppendExecutionProvider(self.Value, name, pairs.Keys, pairs.Values, pairs.Count));
    }

    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle()
    {
        OrtLibrary.Api->ReleaseSessionOptions(handle);
        return true;
    }

    private static Dictionary<string, string> DeviceOptions(int deviceId) => new() { ["device_id"] = deviceId.ToString() };

    private void Set(delegate* unmanaged<nint, nint> function)
    {
        using var self = new HandleLease(this);
        OrtStatus.ThrowIfFailed(function(self.Value));
    }

    private void Set(delegate* unmanaged<nint, int, nint> function, int value)
    {
        using var self = new HandleLease(this);
        OrtStatus.ThrowIfFailed(function(self.Value, value));
    }
}
