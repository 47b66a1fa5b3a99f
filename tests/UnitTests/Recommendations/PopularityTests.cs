using Inference.Recommendations.Snapshots;
using Xunit;

namespace UnitTests.Recommendations;

public sealed class PopularityTests
{
    [Fact]
    public void With_ChangedRates_IsWhatSortingAllWouldGive()
    {
        var random = new Random(7);
        for (int round = 0; round < 300; round++)
        {
            int rows = random.Next(1, 60), more = random.Next(0, 10);
            // Few values, so that many are equal, and some so near that they are equal once they are multiplied.
            float[] rates = [.. Enumerable.Range(0, rows).Select(_ => random.Next(4) == 0 ? 0.1f + (random.Next(3) * 1e-8f) : random.Next(5) / 5f)];
            double factor = random.Next(3) == 0 ? 1 : random.NextDouble();
            ScoredRow[] changed = [.. Enumerable.Range(0, rows + more).Where(_ => random.Next(3) == 0).Select(row => new ScoredRow(row, random.Next(6) / 5f > 1 ? 1f : random.Next(5) / 5f))];
            float[] expected = new float[rows + more];
            for (int row = 0; row < rows; row++)
                expected[row] = (float)(rates[row] * factor);
            foreach (ScoredRow row in changed)
                expected[row.Row] = row.Rate;

            Popularity whole = new(expected), merged = new Popularity(rates).With(rows + more, factor, changed.OrderBy(_ => random.Next()).ToArray());

            Assert.Equal(whole.Ranked.ToArray(), merged.Ranked.ToArray());
            Assert.Equal((whole.Sum, whole.HeadCount, whole.PopularShare), (merged.Sum, merged.HeadCount, merged.PopularShare));
            for (int row = 0; row < expected.Length + 2; row++)
                Assert.Equal((whole.RateOf(row), whole.IsPopular(row)), (merged.RateOf(row), merged.IsPopular(row)));
        }
    }
}
