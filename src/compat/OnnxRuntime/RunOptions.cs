using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime.Interop;

namespace Microsoft.ML.OnnxRuntime;

/// <summary>Options of a run. One instance may serve many runs, also at the same time.</summary>
public sealed unsafe class RunOptions : SafeHandle
{
    private OrtLoggingLevel _logSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_WARNING;
    private int _logVerbosityLevel;
    private string _logId = "";
    private bool _terminate;

    public RunOptions()
        : base(0, ownsHandle: true)
    {
        nint created;
        OrtStatus.ThrowIfFailed(OrtLibrary.Api->CreateRunOptions(&created));
        SetHandle(created);
    }

    /// <value>The least grave severity that the run logs; default warning.</value>
    public OrtLoggingLevel LogSeverityLevel
    {
        get => _logSeverityLevel;
        set
        {
            using var self = new HandleLease(this);
            OrtStatus.ThrowIfFailed(OrtLibrary.Api->RunOptionsSetRunLogSeverityLevel(self.Value, (int)value));
            _logSeverityLevel = value;
        }
    }

    /// <value>How much is logged at severity verbose, from 0 (default).</value>
    public int LogVerbosityLevel
    {
        get => _logVerbosityLevel;
        set
        {
            using var self = new HandleLease(this);
            OrtStatus.ThrowIfFailed(OrtLibrary.Api->RunOptionsSetRunLogVerbosityLevel(self.Value, value));
            _logVerbosityLevel = value;
        }
    }

    /// <value>Names the run in log lines; default "".</value>
    public string LogId
    {
        get => _logId;
        set
        {
            using var self = new HandleLease(this);
            fixed (byte* text = Utf8.Zeroed(value))
                OrtStatus.ThrowIfFailed(OrtLibrary.Api->RunOptionsSetRunTag(self.Value, text));
            _logId = value;
        }
    }

    /// <value>True makes runs with these options fail before their next operator, those under way included, until it is false again.</value>
    public bool Terminate
    {
        get => _terminate;
        set
        {
            using var self = new HandleLease(this);
            OrtStatus.ThrowIfFailed(value ? OrtLibrary.Api->RunOptionsSetTerminate(self.Value) : OrtLibrary.Api->RunOptionsUnsetTerminate(self.Value));
            _terminate = value;
        }
    }

    /// <summary>Sets one of the entries of onnxruntime_run_options_config_keys.h; the last value of a key counts.</summary>
    public void AddRunConfigEntry(string configKey, string configValue)
    {
        using var self = new HandleLease(this);
        fixed (byte* key = Utf8.Zeroed(configKey))
        fixed (byte* value = Utf8.Zeroed(configValue))
            OrtStatus.ThrowIfFailed(OrtLibrary.Api->AddRunConfigEntry(self.Value, key, value));
    }

    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle()
    {
        OrtLibrary.Api->ReleaseRunOptions(handle);
        return true;
    }
}
