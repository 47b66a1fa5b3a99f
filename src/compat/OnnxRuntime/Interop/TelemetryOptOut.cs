using System.Runtime.InteropServices;

namespace Microsoft.ML.OnnxRuntime.Interop;

/// <summary>
/// Keeps ONNX Runtime's telemetry from ever starting. Official builds from 1.29 on start an uploader thread and write a device id and a
/// database under the home folder's cache when the environment is created; only the variable <c>ORT_DISABLE_TELEMETRY</c> in the process
/// environment prevents that, <c>DisableTelemetryEvents</c> comes too late.
/// </summary>
internal static partial class TelemetryOptOut
{
    private const string Variable = "ORT_DISABLE_TELEMETRY";
    private const string Set = "1";

    /// <summary>Must run before the native library is loaded.</summary>
    /// <exception cref="OnnxRuntimeException">The variable could not be set: rather no inference than telemetry.</exception>
    public static void Apply()
    {
        // Inherited from the launch environment: nothing to do. Changing the C environment while other native threads may read it is
        // best avoided, which is why ./dev exports the variable.
        if (Environment.GetEnvironmentVariable(Variable) == Set)
            return;

        // Two environments: .NET on Unix keeps a copy of its own, which native code never sees; it is set for the child processes that .NET starts.
        Environment.SetEnvironmentVariable(Variable, Set);
        int error = OperatingSystem.IsWindows() ? PutEnvironment(Variable, Set) : SetEnvironment(Variable, Set, overwrite: 1);
        if (error != 0)
            throw new OnnxRuntimeException(ErrorCode.Fail, $"Could not set {Variable}={Set}, which keeps ONNX Runtime's telemetry off; set it in the launch environment.");
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetEnvironment(string name, string value, int overwrite);

    // The C runtime that onnxruntime.dll links to keeps its own copy of the variables, too.
    [LibraryImport("ucrtbase", EntryPoint = "_putenv_s", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int PutEnvironment(string name, string value);
}
