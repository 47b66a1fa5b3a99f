using System.Collections.Frozen;

namespace Inference.Training.Profiles;

/// <summary>
/// Names clusters by the words in the titles of what they like more than others do.
/// <list type="number">
/// <item>Each item gives its words the excess of its rate in the cluster over its popularity.</item>
/// <item>A word's sum is weighted by its rarity, ln(items / items with the word).</item>
/// <item>The three words with the most make the label; a label that is taken already goes on with the next word.</item>
/// </list>
/// </summary>
internal sealed class ClusterLabels
{
    private const int Words = 3;

    private static readonly FrozenSet<string> Empty = FrozenSet.Create(
        StringComparer.Ordinal, "and", "the", "with", "for", "from", "set", "pack", "box", "small", "large", "assorted", "new", "in", "of", "on", "to", "no");

    private readonly string[][] _words;
    private readonly Dictionary<string, int> _documents = new(StringComparer.Ordinal);
    private readonly HashSet<string> _taken = new(StringComparer.Ordinal);

    /// <param name="titles">Titles by row; null where an item has none.</param>
    public ClusterLabels(IReadOnlyList<string?> titles)
    {
        _words = [.. titles.Select(Split)];
        foreach (string[] words in _words)
        {
            foreach (string word in words)
                _documents[word] = _documents.GetValueOrDefault(word) + 1;
        }
    }

    /// <summary>A label that no other cluster has been given.</summary>
    /// <param name="excess">Rows with how much higher their rate is in the cluster than overall.</param>
    /// <param name="cluster">Number of the cluster, for the case that there are no words.</param>
    public string Name(IEnumerable<(int Row, double Excess)> excess, int cluster)
    {
        var weights = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach ((int row, double amount) in excess)
        {
            foreach (string word in _words[row])
                weights[word] = weights.GetValueOrDefault(word) + amount * Math.Log(1 + (double)_words.Length / _documents[word]);
        }

        string[] ranked = [.. weights.Where(pair => pair.Value > 0).OrderByDescending(pair => pair.Value).ThenBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => pair.Key)];
        for (int length = Words; ; length++)
        {
            string label = Join(ranked.AsSpan(0, Math.Min(length, ranked.Length)));
            if (label.Length > 0 && _taken.Add(label))
                return label;
            if (length >= ranked.Length)
            {
                label = FormattableString.Invariant($"group {cluster + 1}");
                _taken.Add(label);
                return label;
            }
        }
    }

    private static string Join(ReadOnlySpan<string> words) => words.Length switch
    {
        0 => "",
        1 => words[0],
        _ => string.Join(", ", words[..^1]!) + " and " + words[^1],
    };

    private static string[] Split(string? title)
    {
        if (title is null)
            return [];
        var words = new List<string>();
        string lower = title.ToLowerInvariant();
        for (int start = 0; start < lower.Length;)
        {
            int end = start;
            while (end < lower.Length && char.IsLetter(lower[end]))
                end++;
            if (end - start >= 3 && !Empty.Contains(lower[start..end]) && !words.Contains(lower[start..end]))
                words.Add(lower[start..end]);
            start = end + 1;
        }

        return [.. words];
    }
}
