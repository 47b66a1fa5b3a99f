using Inference.Recommendations.Fusion;
using Inference.Training.Features;

namespace Inference.Training.Fused;

/// <summary>
/// Cosines of content: the items most like each, new ones included.
/// <list type="number">
/// <item>Turn the items' terms round: by term, the items that have it.</item>
/// <item>For each item add up products over the items that share a term with it, and no others.</item>
/// <item>Keep the largest, the earlier item first among equals.</item>
/// </list>
/// </summary>
internal static class ContentLists
{
    private const int Most = 100;

    /// <summary>Lists by item; weights as they will be served.</summary>
    public static WeightedLists Of(ItemTraits traits)
    {
        // :: Step 1
        int[] starts = new int[traits.TermCount + 1];
        foreach (int term in traits.Terms.Values)
            starts[term + 1]++;
        for (int term = 0; term < traits.TermCount; term++)
            starts[term + 1] += starts[term];
        int[] next = starts[..^1], holders = new int[traits.Terms.Total];
        float[] weights = new float[holders.Length];
        for (int item = 0; item < traits.Count; item++)
        {
            int first = traits.Terms.Offsets[item];
            ReadOnlySpan<int> terms = traits.Terms[item];
            for (int i = 0; i < terms.Length; i++)
            {
                int place = next[terms[i]]++;
                (holders[place], weights[place]) = (item, traits.TermWeights[first + i]);
            }
        }

        var rows = new (int[] Items, float[] Weights)[traits.Count];
        Parallel.For(0, traits.Count, () => (Sums: new double[traits.Count], Touched: new List<int>(), Best: new PriorityQueue<int, (float, int)>()), (item, _, scratch) =>
        {
            // :: Step 2; terms ascend, so that every sum is made in one order.
            int first = traits.Terms.Offsets[item];
            ReadOnlySpan<int> terms = traits.Terms[item];
            for (int i = 0; i < terms.Length; i++)
            {
                double weight = traits.TermWeights[first + i];
                for (int place = starts[terms[i]]; place < starts[terms[i] + 1]; place++)
                {
                    int other = holders[place];
                    if (scratch.Sums[other] == 0)
                        scratch.Touched.Add(other);
                    scratch.Sums[other] += weights[place] * weight;
                }
            }

            // :: Step 3; the worst of the best is on top.
            foreach (int other in scratch.Touched)
            {
                float cosine = (float)scratch.Sums[other];
                scratch.Sums[other] = 0;
                if (other == item || cosine <= 0)
                    continue;
                if (scratch.Best.Count < Most)
                    scratch.Best.Enqueue(other, (cosine, -other));
                else
                    scratch.Best.EnqueueDequeue(other, (cosine, -other));
            }

            scratch.Touched.Clear();
            int[] items = new int[scratch.Best.Count];
            float[] cosines = new float[items.Length];
            for (int i = items.Length - 1; scratch.Best.TryDequeue(out int other, out (float Cosine, int) priority); i--)
                (items[i], cosines[i]) = (other, priority.Cosine);
            rows[item] = (items, cosines);
            return scratch;
        }, static _ => { });
        int[] offsets = new int[rows.Length + 1];
        for (int row = 0; row < rows.Length; row++)
            offsets[row + 1] = offsets[row] + rows[row].Items.Length;
        return new WeightedLists(offsets, [.. rows.SelectMany(row => row.Items)], [.. rows.SelectMany(row => row.Weights)], traits.Count).RoundedToHalf();
    }
}
