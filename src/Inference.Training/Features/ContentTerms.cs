using Inference.Training.Splits;

namespace Inference.Training.Features;

/// <summary>
/// Sparse content vectors of items:
/// <list type="number">
/// <item>The terms of an item are the words of its texts, its categories, the buckets of its numbers, and the prefix of its id.</item>
/// <item>Terms that fewer than two training items have are dropped: they join nothing.</item>
/// <item>A term's weight is (1 + ln tf) · (ln((1 + N) ∕ (1 + df)) + 1), N and df over the training catalogue; each vector is brought to length 1.</item>
/// </list>
/// </summary>
internal sealed class ContentTerms
{
    private const int FewestItems = 2;

    private readonly List<Dictionary<string, int>> _items = [];

    /// <summary>Begins the next item, and returns its terms with how often it has them, to be filled.</summary>
    public Dictionary<string, int> AddItem()
    {
        var terms = new Dictionary<string, int>(StringComparer.Ordinal);
        _items.Add(terms);
        return terms;
    }

    public static void Count(Dictionary<string, int> terms, string term) => terms[term] = terms.GetValueOrDefault(term) + 1;

    /// <summary>Weights all items.</summary>
    /// <param name="trainingCount">How many of the items, from the first, form the training catalogue.</param>
    /// <returns>Per item ascending numbers of terms; their weights, value for value; the terms by number.</returns>
    public (RowLists Terms, float[] Weights, string[] Names) Weigh(int trainingCount)
    {
        var frequencies = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int item = 0; item < trainingCount; item++)
        {
            foreach (string term in _items[item].Keys)
                frequencies[term] = frequencies.GetValueOrDefault(term) + 1;
        }

        string[] names = [.. frequencies.Where(pair => pair.Value >= FewestItems).Select(pair => pair.Key).Order(StringComparer.Ordinal)];
        var numbers = new Dictionary<string, int>(names.Length, StringComparer.Ordinal);
        double[] idf = new double[names.Length];
        for (int i = 0; i < names.Length; i++)
        {
            numbers.Add(names[i], i);
            idf[i] = Math.Log((1.0 + trainingCount) / (1 + frequencies[names[i]])) + 1;
        }

        var lists = new List<IReadOnlyList<int>>(_items.Count);
        var weights = new List<float>();
        var row = new List<(int Term, double Weight)>();
        foreach (Dictionary<string, int> terms in _items)
        {
            row.Clear();
            foreach ((string term, int count) in terms)
            {
                if (numbers.TryGetValue(term, out int number))
                    row.Add((number, (1 + Math.Log(count)) * idf[number]));
            }

            row.Sort((a, b) => a.Term.CompareTo(b.Term));
            double square = 0;
            foreach ((_, double weight) in row)
                square += weight * weight;
            double scale = square == 0 ? 0 : 1 / Math.Sqrt(square);
            int[] list = new int[row.Count];
            for (int i = 0; i < list.Length; i++)
            {
                list[i] = row[i].Term;
                weights.Add((float)(row[i].Weight * scale));
            }

            lists.Add(list);
        }

        return (RowLists.Of(lists), [.. weights], names);
    }
}
