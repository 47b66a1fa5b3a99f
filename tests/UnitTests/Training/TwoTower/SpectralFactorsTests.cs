using Inference.Training.Splits;
using Inference.Training.TwoTower;
using Xunit;

namespace UnitTests.Training.TwoTower;

public sealed class SpectralFactorsTests
{
    [Fact]
    public void Fit_OfFewerUsersThanFactors_GivesAsManyAsThereAre()
    {
        // Three users, two of them alike: two directions in all.
        RowLists users = RowLists.Of([[0, 1, 2], [0, 1, 2], [3, 4]]);
        (double[] vectors, double[] values) = SpectralFactors.Fit(users, 20, [.. Enumerable.Repeat(1.0, 20)], 15, 1, new Lanes(1), CancellationToken.None);

        Assert.Equal(2, values.Length);
        Assert.Equal(6, values[0], 1e-9);
        Assert.Equal(2, values[1], 1e-9);
        Assert.Equal(Math.Sqrt(1 / 3.0), Math.Abs(vectors[2]), 1e-9);
        Assert.Equal(Math.Sqrt(0.5), Math.Abs(vectors[(3 * 2) + 1]), 1e-9);
    }

    [Fact]
    public void Fit_OfNoEvents_GivesNone()
    {
        (double[] vectors, double[] values) = SpectralFactors.Fit(RowLists.Of([[], []]), 20, [.. Enumerable.Repeat(1.0, 20)], 15, 1, new Lanes(1), CancellationToken.None);
        Assert.Empty(values);
        Assert.Empty(vectors);
    }
}
