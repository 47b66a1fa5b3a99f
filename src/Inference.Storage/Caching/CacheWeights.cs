using System.Runtime.CompilerServices;

namespace Inference.Storage.Caching;

/// <summary>Bytes of objects on a 64-bit heap, as caches count them.</summary>
internal static class CacheWeights
{
    /// <summary>Header and method table of any object.</summary>
    public const int Object = 16;

    /// <summary>An array, with what it holds itself.</summary>
    public static int OfArray<T>(int length) => Aligned(Object + 8 + (length * Unsafe.SizeOf<T>()));

    /// <summary>A string.</summary>
    public static int Of(string text) => Aligned(Object + 6 + (text.Length * sizeof(char)));

    private static int Aligned(int bytes) => (bytes + 7) & ~7;
}
