using System.Runtime.InteropServices;

namespace Microsoft.ML.OnnxRuntime.Interop;

/// <summary>A dictionary as two arrays of C strings in native memory, for the length of a <c>using</c>.</summary>
internal unsafe ref struct NativeStringPairs
{
    private byte** _texts;

    public NativeStringPairs(Dictionary<string, string> pairs)
    {
        ArgumentNullException.ThrowIfNull(pairs);
        Count = (nuint)pairs.Count;
        // Zeroed, so that Dispose frees what there is if a later text cannot be converted.
        _texts = (byte**)NativeMemory.AllocZeroed(2 * Count + 1, (nuint)sizeof(byte*));
        try
        {
            nuint i = 0;
            foreach ((string key, string value) in pairs)
            {
                Keys[i] = (byte*)Marshal.StringToCoTaskMemUTF8(key);
                Values[i] = (byte*)Marshal.StringToCoTaskMemUTF8(value);
                i++;
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public nuint Count { get; }

    public readonly byte** Keys => _texts;

    public readonly byte** Values => _texts + Count;

    public void Dispose()
    {
        if (_texts == null)
            return;
        for (nuint i = 0; i < 2 * Count; i++)
            Marshal.FreeCoTaskMem((nint)_texts[i]);
        NativeMemory.Free(_texts);
        _texts = null;
    }
}
