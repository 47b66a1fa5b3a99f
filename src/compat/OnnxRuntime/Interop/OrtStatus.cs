using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Microsoft.ML.OnnxRuntime.Interop;

/// <summary>The <c>OrtStatus*</c> that nearly every C function returns: 0 for success, else an error to read and release.</summary>
internal static unsafe class OrtStatus
{
    /// <summary>Returns on success; otherwise releases the status and throws what it said.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void ThrowIfFailed(nint status)
    {
        if (status != 0)
            Throw(status);
    }

    [DoesNotReturn]
    private static void Throw(nint status)
    {
        var code = (ErrorCode)OrtLibrary.Api->GetErrorCode(status);
        string message = Utf8.Read(OrtLibrary.Api->GetErrorMessage(status));
        OrtLibrary.Api->ReleaseStatus(status);
        throw new OnnxRuntimeException(code, message);
    }
}
