using System.Runtime.InteropServices;

namespace Microsoft.ML.OnnxRuntime.Interop;

/// <summary>Takes ONNX Runtime's log lines to the application's <see cref="DOrtLoggingFunction"/>.</summary>
internal static unsafe class LogSink
{
    private static DOrtLoggingFunction? s_function;

    /// <summary>Static as the environment is; the last one given serves.</summary>
    public static DOrtLoggingFunction? Function
    {
        set => Volatile.Write(ref s_function, value);
    }

    [UnmanagedCallersOnly]
    public static void Receive(nint param, int severity, byte* category, byte* logId, byte* codeLocation, byte* message)
    {
        try
        {
            Volatile.Read(ref s_function)?.Invoke(param, (OrtLoggingLevel)severity, Utf8.Read(category), Utf8.Read(logId), Utf8.Read(codeLocation), Utf8.Read(message));
        }
        catch (Exception)
        {
            // An exception must not unwind through native frames: that ends the process. A log line is not worth it.
        }
    }
}
