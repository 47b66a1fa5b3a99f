namespace Inference.Vectors;

/// <summary>
/// Bitmaps that are zero already, kept for the next request. A set of the dozen items that a user has seen touches a dozen words; over a million rows, to clear all 15,625 would cost more than everything else that is done with it, and would push
/// the index out of the core's cache. Safe for concurrent use; what finds no place is left to the collector.
/// </summary>
internal static class ZeroedWords
{
    private static readonly ulong[]?[] Kept = new ulong[]?[Math.Max(16, 4 * Environment.ProcessorCount)];
    private static uint _next;

    /// <summary>An array of zeros.</summary>
    /// <param name="least">Words that are needed; there may be up to four times as many.</param>
    public static ulong[] Take(int least)
    {
        for (int place = 0; place < Kept.Length; place++)
        {
            if (Volatile.Read(ref Kept[place]) is not { } seen || seen.Length < least || seen.Length > 4L * least)
                continue;
            if (Interlocked.CompareExchange(ref Kept[place], null, seen) == seen)
                return seen;
        }

        return new ulong[least];
    }

    /// <summary>Gives an array back; the caller has made it zero.</summary>
    public static void Return(ulong[] words)
    {
        for (int place = 0; place < Kept.Length; place++)
        {
            if (Volatile.Read(ref Kept[place]) is null && Interlocked.CompareExchange(ref Kept[place], words, null) is null)
                return;
        }

        // All places are taken, perhaps by arrays of a catalogue that is no longer served: one of them makes room.
        Volatile.Write(ref Kept[Interlocked.Increment(ref _next) % (uint)Kept.Length], words);
    }
}
