using System.Collections;

namespace Microsoft.ML.OnnxRuntime.Interop;

/// <summary>The outputs of a run, in the order they were asked for.</summary>
internal sealed class OrtValueList : IDisposableReadOnlyCollection<OrtValue>
{
    private OrtValue[] _values;

    private OrtValueList(OrtValue[] values) => _values = values;

    public int Count => _values.Length;

    public OrtValue this[int index] => _values[index];

    /// <summary>Takes over native values.</summary>
    /// <param name="native">The values; all are owned by the list or released when this returns or throws.</param>
    /// <param name="sharesMemoryOf">Per value, the one whose memory it shares, or null; may be shorter.</param>
    public static OrtValueList Adopt(ReadOnlySpan<nint> native, ReadOnlySpan<OrtValueHandle?> sharesMemoryOf = default)
    {
        var values = new OrtValue[native.Length];
        int adopted = 0;
        try
        {
            for (; adopted < native.Length; adopted++)
                values[adopted] = OrtValue.Adopt(native[adopted], adopted < sharesMemoryOf.Length ? sharesMemoryOf[adopted] : null);
            return new OrtValueList(values);
        }
        catch
        {
            for (int i = 0; i < adopted; i++)
                values[i].Dispose();
            // The one that failed was released by OrtValue.Adopt; those after it are still bare.
            for (int i = adopted + 1; i < native.Length; i++)
                Release(native[i]);
            throw;
        }
    }

    public IEnumerator<OrtValue> GetEnumerator() => ((IEnumerable<OrtValue>)_values).GetEnumerator();

    public void Dispose()
    {
        OrtValue[] values = Interlocked.Exchange(ref _values, []);
        for (int i = values.Length - 1; i >= 0; i--)
            values[i].Dispose();
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private static unsafe void Release(nint native)
    {
        if (native != 0)
            OrtLibrary.Api->ReleaseValue(native);
    }
}
