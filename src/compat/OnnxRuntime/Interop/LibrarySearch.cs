using System.Runtime.InteropServices;

namespace Microsoft.ML.OnnxRuntime.Interop;

/// <summary>Where <see cref="OrtLibrary"/> looks, and what it says when there is nothing.</summary>
internal static class LibrarySearch
{
    private static readonly string[] s_fileNames =
        OperatingSystem.IsWindows() ? ["onnxruntime.dll"]
        : OperatingSystem.IsMacOS() ? ["libonnxruntime.1.dylib", "libonnxruntime.dylib"]
        : ["libonnxruntime.so.1", "libonnxruntime.so"];

    /// <param name="configuredPath">The file to load and nothing else; null or empty to search.</param>
    /// <returns>The library's handle and the path or name it was loaded by.</returns>
    public static (nint Library, string Path) Load(string? configuredPath)
    {
        if (!string.IsNullOrEmpty(configuredPath))
        {
            string file = Path.GetFullPath(configuredPath);
            return File.Exists(file)
                ? (Open(file), file)
                : throw new DllNotFoundException($"{OrtLibrary.PathVariable} names a file that does not exist: {file}. Correct it, or unset it to use the library beside the application.");
        }

        foreach (string name in s_fileNames)
        {
            string file = Path.Combine(AppContext.BaseDirectory, name);
            if (File.Exists(file))
                return (Open(file), file);
        }

        DllImportSearchPath? search = OperatingSystem.IsWindows() ? DllImportSearchPath.AssemblyDirectory : null;
        foreach (string name in s_fileNames)
        {
            if (NativeLibrary.TryLoad(name, typeof(LibrarySearch).Assembly, search, out nint library))
                return (library, name);
        }

        throw new DllNotFoundException(
            $"The ONNX Runtime native library ({string.Join(" or ", s_fileNames)}) is neither in {AppContext.BaseDirectory} nor among the system's libraries. " +
            $"Building the project puts it there (from npm, or from -p:OnnxRuntimeLibrary=FILE); or set the environment variable {OrtLibrary.PathVariable} " +
            "to the full path of any official ONNX Runtime library, 1.20 or later.");
    }

    private static nint Open(string file)
    {
        try
        {
            return NativeLibrary.Load(file);
        }
        catch (Exception error) when (error is DllNotFoundException or BadImageFormatException)
        {
            throw new DllNotFoundException($"{file} is there but cannot be loaded: it is damaged, made for another platform, or a library that it needs is missing. {error.Message}", error);
        }
    }
}
