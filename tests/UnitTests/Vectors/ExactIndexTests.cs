using Inference.Vectors;
using Xunit;

namespace UnitTests.Vectors;

public sealed class ExactIndexTests
{
    [Fact]
    public void Search_WithThreeRows_RanksByInnerProduct()
    {
        using var rows = VectorMatrix.Create([1, 0, 0, 1, 2, 2], 2);
        using var index = new ExactIndex(rows, Metric.InnerProduct);
        var results = new Neighbor[5];

        int found = index.Search([1, 0.5f], results);

        Assert.Equal(3, found);
        Assert.Equal([new Neighbor(2, 3), new Neighbor(0, 1), new Neighbor(1, 0.5f)], results[..found]);
    }
}
