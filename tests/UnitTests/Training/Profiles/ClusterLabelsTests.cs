using Inference.Training.Profiles;
using Xunit;

namespace UnitTests.Training.Profiles;

public sealed class ClusterLabelsTests
{
    private static readonly string?[] Titles = ["Red baking tin", "Blue baking tray", "SET OF 6 garden lanterns", "garden chair, RED", null, "red box"];

    [Fact]
    public void Name_TakesWordsThatAreRareElsewhere()
    {
        var labels = new ClusterLabels(Titles);
        Assert.Equal("baking, blue and tin", labels.Name([(0, 0.5), (1, 0.5)], 0));
    }

    [Fact]
    public void Name_OfTheSameWords_GoesOnWithTheNext()
    {
        var labels = new ClusterLabels(Titles);
        Assert.Equal("baking, blue and tin", labels.Name([(0, 0.5), (1, 0.5)], 0));
        Assert.Equal("baking, blue, tin and tray", labels.Name([(0, 0.5), (1, 0.5)], 1));
        labels.Name([(4, 1)], 2);
        Assert.Equal("group 4", labels.Name([(4, 1)], 3));
    }

    [Fact]
    public void Name_WithoutTitles_IsANumber() => Assert.Equal("group 3", new ClusterLabels([null, null]).Name([(0, 1), (1, 1)], 2));
}
