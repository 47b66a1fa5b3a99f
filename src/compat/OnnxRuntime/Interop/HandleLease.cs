using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Microsoft.ML.OnnxRuntime.Interop;

/// <summary>
/// A native handle borrowed for the length of a <c>using</c>: a Dispose on another thread takes effect when the last lease ends, so no
/// call ever works on freed memory.
/// </summary>
internal ref struct HandleLease
{
    private readonly SafeHandle _handle;
    private bool _held;

    /// <exception cref="ObjectDisposedException">The handle is closed already.</exception>
    public HandleLease(SafeHandle handle, [CallerArgumentExpression(nameof(handle))] string? name = null)
    {
        ArgumentNullException.ThrowIfNull(handle, name);
        _handle = handle;
        handle.DangerousAddRef(ref _held);
        Value = handle.DangerousGetHandle();
    }

    public readonly nint Value { get; }

    public void Dispose()
    {
        if (_held)
        {
            _held = false;
            _handle.DangerousRelease();
        }
    }
}
