using System.Runtime.InteropServices;

namespace Microsoft.ML.OnnxRuntime.Interop;

/// <summary>
/// Finds and loads the native library, once, on first use:
/// <list type="number">
/// <item>the file that the environment variable <c>ONNXRUNTIME_LIBRARY</c> names, and no other if it is set;</item>
/// <item>the library beside the application, where the build puts it;</item>
/// <item>what the runtime and the operating system find under its name (not on Windows, whose system folder has an old one).</item>
/// </list>
/// A failure is not remembered: the next use tries again.
/// </summary>
internal static unsafe class OrtLibrary
{
    internal const string PathVariable = "ONNXRUNTIME_LIBRARY";

    private static readonly Lock s_loading = new();
    private static nint s_api;
    private static nint s_library;
    private static string s_version = "";

    /// <summary>The C API; the first use loads the library.</summary>
    /// <exception cref="DllNotFoundException">There is no library; the message says where was looked and what to do.</exception>
    /// <exception cref="OnnxRuntimeException">The file is no ONNX Runtime library, or one older than 1.20.</exception>
    public static OrtApiTable* Api => s_api != 0 ? (OrtApiTable*)s_api : Load();

    /// <summary>The version of the library, such as 1.30.0.</summary>
    public static string VersionString
    {
        get
        {
            _ = Api;
            return s_version;
        }
    }

    /// <summary>A function that the library exports by name beside the table.</summary>
    public static nint GetExport(string name)
    {
        _ = Api;
        return NativeLibrary.TryGetExport(s_library, name, out nint function)
            ? function
            : throw new OnnxRuntimeException(ErrorCode.NotImplemented, $"This build of ONNX Runtime ({s_version}) does not export {name}.");
    }

    private static OrtApiTable* Load()
    {
        lock (s_loading)
        {
            if (s_api != 0)
                return (OrtApiTable*)s_api;

            TelemetryOptOut.Apply();
            (nint library, string path) = LibrarySearch.Load(Environment.GetEnvironmentVariable(PathVariable));
            if (!NativeLibrary.TryGetExport(library, "OrtGetApiBase", out nint getApiBase))
                throw new OnnxRuntimeException(ErrorCode.Fail, $"{path} is not an ONNX Runtime library: it does not export OrtGetApiBase.");

            var apiBase = ((delegate* unmanaged<OrtApiBase*>)getApiBase)();
            string version = Utf8.Read(apiBase->GetVersionString());
            OrtApiTable* api = apiBase->GetApi(OrtApiTable.Version);
            if (api == null)
                throw new OnnxRuntimeException(ErrorCode.Fail, $"{path} is ONNX Runtime {version}, which does not have version {OrtApiTable.Version} of the C API; 1.20 or later is needed.");

            s_library = library;
            s_version = version;
            Volatile.Write(ref s_api, (nint)api); // last, because readers look at it without the lock
            return api;
        }
    }
}
