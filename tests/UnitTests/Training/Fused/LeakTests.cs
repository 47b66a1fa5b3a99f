using Inference.Training.Fused;
using Xunit;

namespace UnitTests.Training.Fused;

/// <summary>What is trained must not know what it is judged by: with the test part taken away the same bundle comes out, byte for byte, but for its manifest, which holds the scores.</summary>
public sealed class LeakTests
{
    [Fact]
    public async Task Train_WithoutTheTestPart_MakesTheSameModel()
    {
        using var folder = new OddFolder(150, 30, 18, ["country"], (user, _) => $"v{user % 3}", days: 20);

        TrainingReport whole = await folder.TrainAsync(folder.Split("whole"), "1"), blind = await folder.TrainAsync(folder.Split("blind", OddFolder.TestFiles), "2");

        Assert.NotEqual(whole.Part, blind.Part);
        string[] files = [.. Directory.GetFiles(whole.Bundle).Select(file => Path.GetFileName(file)!).Order(StringComparer.Ordinal)];
        Assert.Equal(files, Directory.GetFiles(blind.Bundle).Select(file => Path.GetFileName(file)!).Order(StringComparer.Ordinal));
        Assert.Contains("fusion.json", files);
        string[] different = [.. files.Where(file => file != "manifest.json" && !File.ReadAllBytes(Path.Combine(whole.Bundle, file)).AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(blind.Bundle, file))))];
        Assert.Empty(different);
    }
}
