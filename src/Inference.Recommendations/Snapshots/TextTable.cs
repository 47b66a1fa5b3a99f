namespace Inference.Recommendations.Snapshots;

/// <summary>Texts that are kept once and known by a number from then on. One writer at a time; readers never wait.</summary>
/// <remarks>
/// One array of texts and one table with linear probing, at most half full: the hash of a text in the upper half of a place, its number + 1 in the lower, 0 where the place is empty. Both are
/// replaced whole where they grow, so whoever reads an older one finds all that it held. No object but the texts, for the collector meets all of them with each version that is loaded.
/// </remarks>
internal sealed class TextTable
{
    private const int FirstTexts = 64;

    private string[] _texts = new string[FirstTexts];
    private ulong[] _places = new ulong[2 * FirstTexts];

    /// <summary>Texts that have a number.</summary>
    public int Count { get; private set; }

    /// <summary>The number of a text; −1 where it has none.</summary>
    public int NumberOf(ReadOnlySpan<char> text)
    {
        ulong[] places = Volatile.Read(ref _places);
        uint hash = HashOf(text);
        int mask = places.Length - 1;
        for (int place = (int)hash & mask; Volatile.Read(ref places[place]) is not 0 and var found; place = (place + 1) & mask)
        {
            if ((uint)(found >> 32) == hash && text.SequenceEqual(TextOf((int)(uint)found - 1)))
                return (int)(uint)found - 1;
        }

        return -1;
    }

    /// <summary>Gives a new text a number. It must have none.</summary>
    public int Add(string text)
    {
        if (Count == _texts.Length)
            Grow();
        _texts[Count] = text;
        Put(_places, ((ulong)HashOf(text) << 32) | (uint)(Count + 1));
        return Count++;
    }

    /// <summary>The text of a number that somebody was given.</summary>
    public string TextOf(int number) => Volatile.Read(ref _texts)[number];

    private static uint HashOf(ReadOnlySpan<char> text) => (uint)string.GetHashCode(text);

    private static void Put(ulong[] places, ulong found)
    {
        int mask = places.Length - 1, place = (int)(uint)(found >> 32) & mask;
        while (places[place] != 0)
            place = (place + 1) & mask;
        // A reader who meets the number finds the text: it was written before.
        Volatile.Write(ref places[place], found);
    }

    private void Grow()
    {
        var texts = new string[Count * 2];
        var places = new ulong[_places.Length * 2];
        _texts.CopyTo(texts, 0);
        foreach (ulong found in _places)
        {
            if (found != 0)
                Put(places, found);
        }

        Volatile.Write(ref _texts, texts);
        Volatile.Write(ref _places, places);
    }
}
