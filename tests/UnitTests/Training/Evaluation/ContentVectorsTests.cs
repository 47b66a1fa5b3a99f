using Inference.Training.Evaluation;
using Xunit;

namespace UnitTests.Training.Evaluation;

public sealed class ContentVectorsTests
{
    [Fact]
    public void Diversity_OfMultiHot_IsOneMinusTheMeanCosine()
    {
        ContentVectors content = ContentVectors.Of([["a", "b"], ["b", "a", "a"], ["c"], []], weighByRarity: false);
        double[] sums = new double[content.TermCount];
        Assert.Equal(0, content.Diversity([0, 1], sums), 1e-12);
        Assert.Equal(1, content.Diversity([0, 2], sums), 1e-12);
        Assert.Equal(1, content.Diversity([0, 3], sums), 1e-12); // nothing known is like nothing
        Assert.Equal(2 / 3.0, content.Diversity([0, 1, 2], sums), 1e-12);
        Assert.Equal(0, content.Diversity([2], sums));
        Assert.All(sums, sum => Assert.Equal(0, sum));
    }

    [Fact]
    public void Diversity_WeighedByRarity_CountsCommonWordsLess()
    {
        ContentVectors content = ContentVectors.Of([["x", "r"], ["x", "s"], ["x"]], weighByRarity: true);
        double common = Math.Log(4 / 4.0) + 1, rare = Math.Log(4 / 2.0) + 1;
        Assert.Equal(1 - common * common / (common * common + rare * rare), content.Diversity([0, 1], new double[content.TermCount]), 1e-12);
    }

    [Theory]
    [InlineData("WHITE HANGING HEART T-LIGHT HOLDER", "white hanging heart t light holder")]
    [InlineData("  12 pencils, 3½ \"Été\" ", "12 pencils 3 t")]
    [InlineData("", "")]
    public void WordsOf_CutsAtEverythingElse(string text, string words) => Assert.Equal(words, string.Join(' ', ContentVectors.WordsOf(text)));
}
