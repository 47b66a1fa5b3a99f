using Inference.Training.Features;
using Inference.Training.Splits;

namespace Inference.Training.Evaluation;

/// <summary>Content of items as sparse vectors of length 1, by which the protocol measures how varied a slate is. Items that nothing is known of have the zero vector, which is like nothing.</summary>
public sealed class ContentVectors
{
    private readonly RowLists _terms;
    private readonly double[] _weights;

    private ContentVectors(RowLists terms, double[] weights, int termCount)
    {
        _terms = terms;
        _weights = weights;
        TermCount = termCount;
    }

    public int TermCount { get; }

    /// <summary>Number of items.</summary>
    public int Count => _terms.Count;

    /// <summary>Makes vectors of documents: 1 for each term that is there (however often), or its inverse document frequency ln((1 + N) ∕ (1 + df)) + 1, scaled to length 1.</summary>
    /// <param name="documents">Terms by item index, repetitions allowed.</param>
    /// <param name="weighByRarity">Whether terms weigh their inverse document frequency over all items.</param>
    public static ContentVectors Of(IReadOnlyList<IReadOnlyCollection<string>> documents, bool weighByRarity)
    {
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        int[] offsets = new int[documents.Count + 1];
        var terms = new List<int>();
        var frequencies = new List<int>();
        var row = new SortedSet<int>();
        for (int item = 0; item < documents.Count; item++)
        {
            row.Clear();
            foreach (string term in documents[item])
            {
                if (!ids.TryGetValue(term, out int id))
                {
                    ids.Add(term, id = ids.Count);
                    frequencies.Add(0);
                }

                if (row.Add(id))
                    frequencies[id]++;
            }

            terms.AddRange(row);
            offsets[item + 1] = terms.Count;
        }

        double[] weights = new double[terms.Count];
        for (int item = 0; item < documents.Count; item++)
        {
            double square = 0;
            for (int i = offsets[item]; i < offsets[item + 1]; i++)
            {
                weights[i] = weighByRarity ? Math.Log((1.0 + documents.Count) / (1.0 + frequencies[terms[i]])) + 1 : 1;
                square += weights[i] * weights[i];
            }

            double length = Math.Sqrt(square);
            for (int i = offsets[item]; i < offsets[item + 1]; i++)
                weights[i] /= length;
        }

        return new ContentVectors(new RowLists(offsets, [.. terms]), weights, ids.Count);
    }

    /// <summary>Words as the protocol cuts them: runs of a to z and 0 to 9 of the text in lower case.</summary>
    public static IReadOnlyList<string> WordsOf(string text)
    {
        var words = new List<string>();
        Words.Split(text, words);
        return words;
    }

    /// <summary>Mean over all pairs of 1 − cosine; 0 for fewer than two items.</summary>
    /// <param name="items">Item indexes.</param>
    /// <param name="sums">Scratch of <see cref="TermCount"/> zeros, left as zeros.</param>
    internal double Diversity(ReadOnlySpan<int> items, Span<double> sums)
    {
        if (items.Length < 2)
            return 0;
        // Cosines of all ordered pairs add up to |Σ x|² − Σ |x|².
        double own = 0;
        foreach (int item in items)
        {
            ReadOnlySpan<int> terms = _terms[item];
            ReadOnlySpan<double> weights = _weights.AsSpan(_terms.Offsets[item], terms.Length);
            for (int i = 0; i < terms.Length; i++)
            {
                sums[terms[i]] += weights[i];
                own += weights[i] * weights[i];
            }
        }

        double all = 0;
        foreach (int item in items)
        {
            foreach (int term in _terms[item])
            {
                all += sums[term] * sums[term];
                sums[term] = 0; // counted once, whoever else has it
            }
        }

        return 1 - (all - own) / ((double)items.Length * (items.Length - 1));
    }
}
