using System.Runtime.InteropServices;

namespace Microsoft.ML.OnnxRuntime.Interop;

/// <summary>
/// What a native object leans on (the environment for a session, the session for a binding, the allocator for a tensor): held from the
/// object's creation until its own release, in whatever order the two are disposed.
/// </summary>
internal struct KeptAlive
{
    private SafeHandle? _owner;

    /// <param name="owner">Null for an object that stands alone.</param>
    /// <exception cref="ObjectDisposedException">The owner is closed already.</exception>
    public void Hold(SafeHandle? owner)
    {
        if (owner is null)
            return;
        bool held = false;
        owner.DangerousAddRef(ref held);
        _owner = owner;
    }

    public void Release()
    {
        _owner?.DangerousRelease();
        _owner = null;
    }
}
