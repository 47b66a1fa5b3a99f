using Inference.Towers;
using Inference.Towers.Bundles;
using Inference.Towers.Loading;
using Xunit;

namespace UnitTests.Towers.Loading;

/// <summary>Bundles that somebody copies into their place instead of renaming them there: refused with all reasons, and loaded once they are whole.</summary>
public sealed class HalfWrittenTests
{
    [Fact]
    public async Task LoadAsync_WhileFilesAreMissingAndGrow_IsRefusedAndSucceedsAfterwards()
    {
        using WrittenBundle bundle = await WrittenBundle.CreateAsync();
        byte[] items = await File.ReadAllBytesAsync(bundle["items.jsonl"]), tower = await File.ReadAllBytesAsync(bundle["item_tower.onnx"]);
        File.Delete(bundle["item_tower.onnx"]);
        await File.WriteAllBytesAsync(bundle["items.jsonl"], items[..(items.Length / 2)]);

        IReadOnlyList<string> reasons = await bundle.RefuseAsync();
        Assert.Contains("item_tower.onnx: is missing.", reasons);
        Assert.Contains(reasons, reason => reason.StartsWith($"items.jsonl: has {items.Length / 2} bytes, but the manifest says {items.Length}", StringComparison.Ordinal));

        // As long as it will be, and not yet what it will be.
        await File.WriteAllBytesAsync(bundle["items.jsonl"], [.. items[..^10], .. new byte[10]]);
        await File.WriteAllBytesAsync(bundle["item_tower.onnx"], tower);
        await bundle.RefuseAsync("items.jsonl: has the SHA-256");

        await File.WriteAllBytesAsync(bundle["items.jsonl"], items);
        (await SmallWorld.LoadAsync(bundle.Path)).Snapshot.Dispose();
    }

    [Theory]
    [InlineData("users.jsonl.gz")]
    [InlineData("user_tower.onnx")]
    [InlineData("items.jsonl")]
    public async Task LoadAsync_WithAFileThatChangesUnderTheLoad_IsRefused(string file)
    {
        using WrittenBundle bundle = await WrittenBundle.CreateAsync();
        // Without hashes and sizes nothing else would notice.
        bundle.EditManifest(manifest => manifest.Remove("files"));
        var settings = new BundleLoadSettings { Progress = new AtStage(BundleLoadStage.Audience, () => File.SetLastWriteTimeUtc(bundle[file], new DateTime(2026, 5, 5, 5, 5, 5, DateTimeKind.Utc))) };

        BundleException refused = await Assert.ThrowsAsync<BundleException>(() => BundleLoader.LoadAsync(bundle.Path, settings));

        Assert.StartsWith($"{file}: was changed while the bundle was loaded", Assert.Single(refused.Reasons), StringComparison.Ordinal);
    }

    [Fact]
    public async Task LoadAsync_WithAFileThatVanishesUnderTheLoad_IsRefused()
    {
        using WrittenBundle bundle = await WrittenBundle.CreateAsync();
        var settings = new BundleLoadSettings { Progress = new AtStage(BundleLoadStage.Audience, () => File.Delete(bundle["users.jsonl.gz"])) };
        BundleException refused = await Assert.ThrowsAsync<BundleException>(() => BundleLoader.LoadAsync(bundle.Path, settings));
        Assert.Contains(refused.Reasons, reason => reason.Contains("users.jsonl.gz", StringComparison.Ordinal));
    }

    private sealed class AtStage(BundleLoadStage stage, Action act) : IProgress<BundleLoadProgress>
    {
        private bool _done;

        public void Report(BundleLoadProgress value)
        {
            if (value.Stage != stage || _done)
                return;
            _done = true;
            act();
        }
    }
}
