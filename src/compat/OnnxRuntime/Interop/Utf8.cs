using System.Runtime.InteropServices;
using System.Text;

namespace Microsoft.ML.OnnxRuntime.Interop;

/// <summary>Text to and from the C API: zero-terminated UTF-8.</summary>
internal static unsafe class Utf8
{
    /// <summary>A copy of <paramref name="text"/> that <c>fixed</c> turns into a C string.</summary>
    public static byte[] Zeroed(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        byte[] bytes = new byte[Encoding.UTF8.GetByteCount(text) + 1];
        Encoding.UTF8.GetBytes(text, bytes);
        return bytes;
    }

    /// <summary>A file path as ONNX Runtime takes it (<c>ORTCHAR_T*</c>): UTF-16 on Windows, else UTF-8; zero-terminated.</summary>
    public static byte[] ZeroedPath(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return OperatingSystem.IsWindows() ? Encoding.Unicode.GetBytes(path + '\0') : Zeroed(path);
    }

    /// <summary>Reads text that stays the library's; null becomes "".</summary>
    public static string Read(byte* text) => Marshal.PtrToStringUTF8((nint)text) ?? "";

    /// <summary>Reads text that the library allocated for the caller with its default allocator, and frees it.</summary>
    public static string ReadAndFree(byte* text)
    {
        try
        {
            return Read(text);
        }
        finally
        {
            Free(text);
        }
    }

    /// <summary>Gives back what the library allocated for the caller with its default allocator.</summary>
    public static void Free(void* memory)
    {
        if (memory != null)
            OrtStatus.ThrowIfFailed(OrtLibrary.Api->AllocatorFree(OrtAllocator.DefaultPointer, memory));
    }
}
