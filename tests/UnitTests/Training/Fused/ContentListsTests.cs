using Inference.Recommendations.Fusion;
using Inference.Training.Chance;
using Inference.Training.Features;
using Inference.Training.Fused;
using Inference.Training.Splits;
using Xunit;

namespace UnitTests.Training.Fused;

public sealed class ContentListsTests
{
    [Fact]
    public void Of_ItemsThatShareTerms_AreTheLargestCosinesOfAll()
    {
        const int Items = 150, Terms = 20;
        var random = new SeededRandom(4);
        var rows = new float[Items][];
        for (int item = 0; item < Items; item++)
        {
            rows[item] = new float[Terms];
            // Few different weights, of either sign, so that there are ties and cosines below 0; the last item has no term.
            for (int i = 0; i < 6 && item < Items - 1; i++)
                rows[item][random.NextInt(Terms)] = 0.25f * (random.NextInt(4) - 1);
        }

        WeightedLists lists = ContentLists.Of(TraitsOf(rows));
        for (int item = 0; item < Items; item++)
        {
            float[] cosines = [.. Enumerable.Range(0, Items).Select(other => other == item ? 0 : (float)rows[item].Zip(rows[other], (a, b) => (double)a * b).Sum())];
            int[] expected = [.. Enumerable.Range(0, Items).Where(other => cosines[other] > 0).OrderByDescending(other => cosines[other]).ThenBy(other => other).Take(100)];
            Range own = lists.Offsets[item]..lists.Offsets[item + 1];
            Assert.Equal(expected, lists.Columns[own].ToArray());
            Assert.Equal(expected.Select(other => cosines[other]), lists.Weights[own].ToArray());
        }
    }

    private static ItemTraits TraitsOf(float[][] rows)
    {
        int[] offsets = new int[rows.Length + 1];
        var terms = new List<int>();
        var weights = new List<float>();
        for (int item = 0; item < rows.Length; item++)
        {
            foreach (int term in Enumerable.Range(0, rows[item].Length).Where(term => rows[item][term] != 0))
            {
                terms.Add(term);
                weights.Add(rows[item][term]);
            }

            offsets[item + 1] = terms.Count;
        }

        return new ItemTraits(rows.Length, [], 0, new RowLists(new int[rows.Length + 1], []), 1, new RowLists(offsets, [.. terms]), [.. weights], rows[0].Length);
    }
}
