using System.Text.Json.Nodes;
using Inference.Towers.Bundles;
using Inference.Towers.Manifests;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace UnitTests.Towers;

/// <summary>A ranking model that is put into a bundle that is there.</summary>
public sealed class RankerAdditionTests
{
    private static readonly SmallRanker Small = new();

    [Fact]
    public async Task WriteAsync_AddsTheModel_AndLeavesEverythingElseAsItWas()
    {
        using WrittenBundle bundle = await WrittenBundle.CreateAsync();
        string target = Path.Combine(Path.GetDirectoryName(bundle.Path)!, "2");

        await Add(bundle.Path, target, Small);
        // Once more, over an earlier one.
        await Add(target, target, new SmallRanker(seed: 12), overwrite: true);

        LoadedBundle before = await SmallWorld.LoadAsync(bundle.Path), after = await SmallWorld.LoadAsync(target);
        using var first = before.Snapshot;
        using var second = after.Snapshot;
        Assert.Null(first.Ranker);
        Assert.NotNull(second.Ranker);
        Assert.Equal(first.Model.EmbeddingSpaceId, second.Model.EmbeddingSpaceId);
        Assert.Equal("other/2", second.Model.FullVersion);
        Assert.Equal(before.GoldenCases + 1, after.GoldenCases);
        Assert.Equal(3, after.Manifest.ModelCard!.Value.GetProperty("ranker").GetProperty("gain").GetInt32());
        Assert.Empty(after.Warnings);
        foreach (string file in Directory.EnumerateFiles(bundle.Path).Select(Path.GetFileName).OfType<string>().Where(file => file is not (BundleManifest.FileName or BundleFiles.Golden)))
            Assert.Equal(File.ReadAllBytes(bundle[file]), File.ReadAllBytes(Path.Combine(target, file)));
    }

    [Fact]
    public async Task WriteAsync_OfAModelThatAnswersOtherwise_LeavesNothingBehind()
    {
        using WrittenBundle bundle = await WrittenBundle.CreateAsync();
        string folder = Path.GetDirectoryName(bundle.Path)!, target = Path.Combine(folder, "2");
        var addition = new RankerAddition(new SmallRanker(seed: 12).Content(), [Small.Case("Spain", 2, [4], [0, 7])], []);

        BundleException refused = await Assert.ThrowsAsync<BundleException>(() =>
            addition.WriteAsync(bundle.Path, target, "other", "2", overwrite: false, TimeProvider.System, NullLogger.Instance, CancellationToken.None));

        Assert.Contains(refused.Reasons, reason => reason.Contains("ranker[0]", StringComparison.Ordinal));
        Assert.Equal([bundle.Path], Directory.EnumerateDirectories(folder));
    }

    [Fact]
    public async Task WriteAsync_OntoWhatIsThere_Refuses()
    {
        using WrittenBundle bundle = await WrittenBundle.CreateAsync();

        await Assert.ThrowsAsync<IOException>(() => Add(bundle.Path, bundle.Path, Small));
    }

    private static Task Add(string source, string target, SmallRanker ranker, bool overwrite = false) =>
        new RankerAddition(ranker.Content(), [ranker.Case("Spain", 2, [4], [0, 7])], new JsonObject { ["gain"] = 3 })
            .WriteAsync(source, target, "other", "2", overwrite, TimeProvider.System, NullLogger.Instance, CancellationToken.None);
}
