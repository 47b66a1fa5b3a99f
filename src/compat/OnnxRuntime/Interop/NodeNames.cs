using System.Runtime.InteropServices;

namespace Microsoft.ML.OnnxRuntime.Interop;

/// <summary>
/// Names of a session's inputs or outputs as C strings in native memory, made once, so that a run neither converts nor pins them.
/// </summary>
internal sealed unsafe class NodeNames
{
    private readonly Dictionary<string, nint> _addresses;

    /// <param name="ordered">The model's inputs or outputs in its order.</param>
    /// <param name="others">Further names that may be given: for inputs, those initializers that can be overridden.</param>
    public NodeNames(string[] ordered, IEnumerable<string> others)
    {
        Ordered = ordered;
        List = Array.AsReadOnly(ordered);
        _addresses = new Dictionary<string, nint>(ordered.Length, StringComparer.Ordinal);
        foreach (string name in ordered.Concat(others))
        {
            if (!_addresses.ContainsKey(name))
                _addresses.Add(name, Marshal.StringToCoTaskMemUTF8(name));
        }
    }

    /// <summary>In the model's order.</summary>
    public string[] Ordered { get; }

    /// <summary><see cref="Ordered"/> for the caller's eyes; a run that is given this very object needs no look at its kind.</summary>
    public IReadOnlyList<string> List { get; }

    /// <returns>The address of the name, or null if the model has no such input or output.</returns>
    public byte* Find(string name) => _addresses.TryGetValue(name, out nint address) ? (byte*)address : null;

    /// <summary>Frees the native memory; nothing may use the addresses any more.</summary>
    public void Free()
    {
        foreach (nint address in _addresses.Values)
            Marshal.FreeCoTaskMem(address);
        _addresses.Clear();
    }
}
