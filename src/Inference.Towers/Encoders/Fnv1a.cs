using System.Text;

namespace Inference.Towers.Encoders;

/// <summary>FNV-1a, 32 bits (Fowler, Noll, Vo; IETF draft-eastlake-fnv): small, the same everywhere, and what exporters use to hash tokens.</summary>
internal static class Fnv1a
{
    public const uint Start = 2_166_136_261;
    private const uint Prime = 16_777_619;

    /// <summary>Goes on hashing with one more byte.</summary>
    public static uint Add(uint hash, byte next) => unchecked((hash ^ next) * Prime);

    /// <summary>Goes on hashing with the UTF-8 bytes of a text.</summary>
    public static uint Add(uint hash, ReadOnlySpan<char> text)
    {
        Span<byte> utf8 = stackalloc byte[4];
        foreach (Rune rune in text.EnumerateRunes())
        {
            int length = rune.EncodeToUtf8(utf8);
            for (int i = 0; i < length; i++)
                hash = Add(hash, utf8[i]);
        }

        return hash;
    }
}
