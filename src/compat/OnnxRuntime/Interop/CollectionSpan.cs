using System.Runtime.InteropServices;

namespace Microsoft.ML.OnnxRuntime.Interop;

/// <summary>A collection as a span: in place for arrays and lists, else a copy.</summary>
internal static class CollectionSpan
{
    public static ReadOnlySpan<T> Of<T>(IReadOnlyCollection<T> collection)
        where T : class
        => collection switch
        {
            T[] array => array,
            List<T> list => CollectionsMarshal.AsSpan(list),
            _ => collection.ToArray(),
        };
}
