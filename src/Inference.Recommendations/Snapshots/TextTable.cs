using System.Collections.Concurrent;

namespace Inference.Recommendations.Snapshots;

/// <summary>Texts that are kept once and known by a number from then on. One writer at a time; readers never wait.</summary>
internal sealed class TextTable
{
    private readonly ConcurrentDictionary<string, int> _numbers = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _numbersBySpan;
    private string[] _texts = new string[64];

    public TextTable() => _numbersBySpan = _numbers.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>Texts that have a number.</summary>
    public int Count { get; private set; }

    /// <summary>The number of a text; −1 where it has none.</summary>
    public int NumberOf(ReadOnlySpan<char> text) => _numbersBySpan.TryGetValue(text, out int number) ? number : -1;

    /// <summary>Gives a new text a number. It must have none.</summary>
    public int Add(string text)
    {
        if (Count == _texts.Length)
        {
            string[] larger = new string[Count * 2];
            _texts.CopyTo(larger, 0);
            Volatile.Write(ref _texts, larger);
        }

        _texts[Count] = text;
        _numbers[text] = Count;
        return Count++;
    }

    /// <summary>The text of a number that somebody was given.</summary>
    public string TextOf(int number) => Volatile.Read(ref _texts)[number];
}
