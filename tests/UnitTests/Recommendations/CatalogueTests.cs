using Inference.Recommendations.Snapshots;
using Xunit;

namespace UnitTests.Recommendations;

public sealed class CatalogueTests
{
    [Fact]
    public void Catalogue_WithEqualIds_NamesBothRows()
    {
        ArgumentException refused = Assert.Throws<ArgumentException>(() => new ItemCatalogue(["a", "b", "a"], [null, null, null]));

        Assert.Contains("Rows 0 and 2", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Catalogue_WithEmptyId_IsRefused() => Assert.Throws<ArgumentException>(() => new ItemCatalogue([""], [null]));

    [Fact]
    public void TryGetRow_WithNullOrUnknownId_IsFalse()
    {
        var catalogue = new ItemCatalogue(["a"], ["A"]);

        Assert.False(catalogue.TryGetRow(null, out _));
        Assert.False(catalogue.TryGetRow("b", out _));
        Assert.True(catalogue.TryGetRow("a", out int row));
        Assert.Equal((0, "A"), (row, catalogue.TitleOf(row)));
    }
}
