using System.Runtime.InteropServices;

namespace Microsoft.ML.OnnxRuntime.Interop;

/// <summary>
/// The values bound to one side of a binding, held so that their memory stays. In the order of binding; a name bound again keeps its place,
/// as in the library. A binding has a handful of names, so a list is searched faster than a hash.
/// </summary>
internal sealed class BoundValues
{
    private readonly List<string> _names = [];
    private readonly List<OrtValueHandle?> _handles = [];

    /// <summary>In the order of binding; null where the run allocates the output.</summary>
    public ReadOnlySpan<OrtValueHandle?> Handles => CollectionsMarshal.AsSpan(_handles);

    /// <param name="name">An input or output.</param>
    /// <param name="handle">What is bound to it now; null if the run allocates it.</param>
    public void Set(string name, OrtValueHandle? handle)
    {
        bool held = false;
        handle?.DangerousAddRef(ref held);
        int index = _names.IndexOf(name);
        if (index < 0)
        {
            _names.Add(name);
            _handles.Add(handle);
            return;
        }
        OrtValueHandle? earlier = _handles[index];
        _handles[index] = handle;
        earlier?.DangerousRelease();
    }

    public void Clear()
    {
        foreach (OrtValueHandle? handle in _handles)
            handle?.DangerousRelease();
        _names.Clear();
        _handles.Clear();
    }
}
