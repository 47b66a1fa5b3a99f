using System.Globalization;
using System.Text;

namespace Inference.Training.Text;

/// <summary>
/// WordPiece with BERT's splitting before it (Devlin et al., "BERT", 2019; Wu et al., "Google's neural machine translation system", 2016).
/// <list type="number">
/// <item>Drop control characters; put spaces around Chinese, Japanese and Korean ideographs.</item>
/// <item>Split at white space; lower the letters and take their accents off, where the model is uncased; split off punctuation.</item>
/// <item>Of each word, take the longest known piece from the front, again and again; a word that leaves a rest is unknown.</item>
/// </list>
/// </summary>
internal sealed class WordPieceTokenizer : TextTokenizer
{
    private const int LongestWord = 100;

    private readonly Dictionary<string, int> _ids;
    private readonly bool _lower;
    private readonly bool _stripAccents;
    private readonly bool _splitIdeographs;
    private readonly int _unknown;
    private readonly int _longestPiece;

    /// <param name="vocabulary">Pieces by id; later pieces of words begin with "##".</param>
    /// <param name="lower">Whether letters are lowered.</param>
    /// <param name="stripAccents">Whether accents are taken off.</param>
    /// <param name="splitIdeographs">Whether each ideograph is a word.</param>
    /// <exception cref="InvalidDataException">The vocabulary lacks "[UNK]", "[CLS]" or "[SEP]".</exception>
    public WordPieceTokenizer(IReadOnlyList<string> vocabulary, bool lower = true, bool stripAccents = true, bool splitIdeographs = true)
    {
        (_lower, _stripAccents, _splitIdeographs) = (lower, stripAccents, splitIdeographs);
        _ids = new Dictionary<string, int>(vocabulary.Count, StringComparer.Ordinal);
        for (int id = 0; id < vocabulary.Count; id++)
            _ids[vocabulary[id]] = id;
        _longestPiece = vocabulary.Count == 0 ? 0 : vocabulary.Max(piece => piece.Length);
        _unknown = Mark("[UNK]");
        First = Mark("[CLS]");
        Last = Mark("[SEP]");
    }

    protected override long? First { get; }

    protected override long? Last { get; }

    protected override void Append(string text, List<long> ids)
    {
        foreach (string word in Words(text))
            AppendPieces(word, ids);
    }

    /// <summary>Steps 1 and 2.</summary>
    internal List<string> Words(string text)
    {
        var clean = new StringBuilder(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (IsSpace(rune))
                clean.Append(' ');
            else if (rune.Value == 0xFFFD || IsControl(rune))
                continue;
            else if (_splitIdeographs && IsIdeograph(rune.Value))
                clean.Append(' ').Append(rune.ToString()).Append(' ');
            else
                clean.Append((_lower ? Rune.ToLowerInvariant(rune) : rune).ToString());
        }

        string letters = clean.ToString();
        if (_stripAccents)
        {
            clean.Clear();
            AccentFolding.Append(clean, letters);
            letters = clean.ToString();
        }

        var words = new List<string>();
        int start = 0;
        for (int i = 0; i <= letters.Length; i++)
        {
            bool isEnd = i == letters.Length || letters[i] == ' ';
            bool isMark = !isEnd && IsPunctuation(letters[i]);
            if (!isEnd && !isMark)
                continue;
            if (i > start)
                words.Add(letters[start..i]);
            if (isMark)
                words.Add(letters[i].ToString());
            start = i + 1;
        }

        return words;
    }

    private void AppendPieces(string word, List<long> ids)
    {
        int before = ids.Count, start = 0;
        if (word.EnumerateRunes().Count() > LongestWord)
            start = -1;
        while (start >= 0 && start < word.Length)
        {
            int end = Math.Min(word.Length, start + _longestPiece);
            for (; end > start; end--)
            {
                if (_ids.TryGetValue(start == 0 ? word[..end] : string.Concat("##", word.AsSpan(start, end - start)), out int id))
                {
                    ids.Add(id);
                    break;
                }
            }

            start = end > start ? end : -1;
        }

        if (start < 0)
        {
            ids.RemoveRange(before, ids.Count - before);
            ids.Add(_unknown);
        }
    }

    private int Mark(string text) => _ids.TryGetValue(text, out int id) ? id : throw new InvalidDataException($"The vocabulary has no '{text}'.");

    private static bool IsSpace(Rune rune) => rune.Value is '\t' or '\n' or '\r' or ' ' || Rune.GetUnicodeCategory(rune) == UnicodeCategory.SpaceSeparator;

    private static bool IsControl(Rune rune) => Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned;

    private static bool IsPunctuation(char letter) => letter is (>= '!' and <= '/') or (>= ':' and <= '@') or (>= '[' and <= '`') or (>= '{' and <= '~') || char.IsPunctuation(letter);

    private static bool IsIdeograph(int code) => code is (>= 0x4E00 and <= 0x9FFF) or (>= 0x3400 and <= 0x4DBF) or (>= 0x20000 and <= 0x2A6DF) or (>= 0x2A700 and <= 0x2B73F) or (>= 0x2B740 and <= 0x2B81F)
        or (>= 0x2B820 and <= 0x2CEAF) or (>= 0xF900 and <= 0xFAFF) or (>= 0x2F800 and <= 0x2FA1F);
}
