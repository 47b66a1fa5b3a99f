using System.Text;
using System.Text.RegularExpressions;

namespace Inference.Training.Text;

/// <summary>
/// Byte-level byte-pair encoding (Sennrich, Haddow and Birch, "Neural machine translation of rare words with subword units", 2016; Radford et al., "Language models are unsupervised multitask learners", 2019).
/// <list type="number">
/// <item>Split the text into words with the space before them, numbers, and runs of other marks.</item>
/// <item>Write each byte of a word's UTF-8 as a printable letter, so that nothing is unknown.</item>
/// <item>Join the pair of neighbours that stands first in the list of merges, again and again.</item>
/// </list>
/// </summary>
internal sealed partial class ByteLevelBpeTokenizer : TextTokenizer
{
    private static readonly char[] LetterOfByte = MakeLetters();

    private readonly IReadOnlyDictionary<string, int> _ids;
    private readonly Dictionary<(string, string), int> _ranks = [];
    private readonly bool _spaceFirst;
    private readonly long? _unknown;

    /// <param name="ids">Id by token.</param>
    /// <param name="merges">Two tokens per line, with a space between, the first line first; a line "#version" in front is passed over.</param>
    /// <param name="spaceFirst">Whether the first word of a text is taken for one within it.</param>
    public ByteLevelBpeTokenizer(IReadOnlyDictionary<string, int> ids, IReadOnlyList<string> merges, bool spaceFirst = false)
    {
        (_ids, _spaceFirst) = (ids, spaceFirst);
        foreach (string merge in merges.Where((line, number) => line.Length > 0 && !(number == 0 && line.StartsWith("#version", StringComparison.Ordinal))))
        {
            int space = merge.IndexOf(' ', StringComparison.Ordinal);
            if (space <= 0 || space == merge.Length - 1)
                throw new InvalidDataException($"The merge '{merge}' is not two tokens.");
            _ranks.TryAdd((merge[..space], merge[(space + 1)..]), _ranks.Count);
        }

        _unknown = IdOf("<unk>");
        if (IdOf("<s>") is { } first && IdOf("</s>") is { } last)
            (First, Last) = (first, last);
    }

    protected override long? First { get; }

    protected override long? Last { get; }

    protected override void Append(string text, List<long> ids)
    {
        if (_spaceFirst && text.Length > 0 && !char.IsWhiteSpace(text[0]))
            text = " " + text;
        foreach (ValueMatch word in Word().EnumerateMatches(text))
        {
            byte[] bytes = Encoding.UTF8.GetBytes(text.Substring(word.Index, word.Length));
            foreach (string token in Merge([.. bytes.Select(value => LetterOfByte[value].ToString())]))
            {
                if ((IdOf(token) ?? _unknown) is { } id)
                    ids.Add(id);
            }
        }
    }

    /// <summary>Step 3.</summary>
    private List<string> Merge(List<string> tokens)
    {
        while (tokens.Count > 1)
        {
            int best = int.MaxValue;
            for (int i = 0; i + 1 < tokens.Count; i++)
                best = Math.Min(best, _ranks.GetValueOrDefault((tokens[i], tokens[i + 1]), int.MaxValue));
            if (best == int.MaxValue)
                break;
            var joined = new List<string>(tokens.Count);
            for (int i = 0; i < tokens.Count; i++)
            {
                if (i + 1 < tokens.Count && _ranks.GetValueOrDefault((tokens[i], tokens[i + 1]), int.MaxValue) == best)
                    joined.Add(tokens[i] + tokens[++i]);
                else
                    joined.Add(tokens[i]);
            }

            tokens = joined;
        }

        return tokens;
    }

    private long? IdOf(string token) => _ids.TryGetValue(token, out int id) ? id : null;

    /// <summary>Bytes that are printable letters of Latin-1 stand for themselves, the others for U+0100 and up.</summary>
    private static char[] MakeLetters()
    {
        char[] letters = new char[256];
        int next = 256;
        for (int value = 0; value < letters.Length; value++)
            letters[value] = value is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF) ? (char)value : (char)next++;
        return letters;
    }

    [GeneratedRegex(@"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+", RegexOptions.CultureInvariant)]
    private static partial Regex Word();
}
