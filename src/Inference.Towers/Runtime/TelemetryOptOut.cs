using System.Runtime.InteropServices;

namespace Inference.Towers.Runtime;

/// <summary>
/// Keeps the native library's telemetry from ever starting, whichever managed package is above it. From 1.29 on the library writes a device id and a database under the
/// home folder and uploads, from the moment that the environment is made; only the variable <c>ORT_DISABLE_TELEMETRY</c>, set before the library is loaded, prevents that.
/// </summary>
internal static partial class TelemetryOptOut
{
    private const string Variable = "ORT_DISABLE_TELEMETRY";
    private const string Set = "1";

    /// <summary>Call before the first use of ONNX Runtime in the process.</summary>
    /// <exception cref="InvalidOperationException">The variable could not be set: rather no inference than telemetry.</exception>
    public static void Apply()
    {
        // Changing the C environment while other native code may read it is best avoided, which is why ./dev exports the variable.
        if (Environment.GetEnvironmentVariable(Variable) == Set)
            return;
        // .NET on Unix keeps a copy of the environment of its own, which native code never sees; that one is for child processes.
        Environment.SetEnvironmentVariable(Variable, Set);
        int error = OperatingSystem.IsWindows() ? PutEnvironment(Variable, Set) : SetEnvironment(Variable, Set, overwrite: 1);
        if (error != 0)
            throw new InvalidOperationException($"Could not set {Variable}={Set}, which keeps ONNX Runtime's telemetry off; set it in the launch environment.");
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetEnvironment(string name, string value, int overwrite);

    // The C runtime under onnxruntime.dll keeps a copy of its own, too.
    [LibraryImport("ucrtbase", EntryPoint = "_putenv_s", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int PutEnvironment(string name, string value);
}
