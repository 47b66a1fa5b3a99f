using Inference.Towers.Bundles;

namespace Benchmarks.Towers;

/// <summary><c>goodput-bundle FOLDER</c>: writes <see cref="HeavyTower"/> as a bundle, for a server that load-tests/goodput.sh overloads.</summary>
internal static class GoodputBundle
{
    public static async Task<int> WriteAsync(string folder)
    {
        // One or two milliseconds a row, so that what is declined costs the transport little beside what is answered.
        BundleContent content = HeavyTower.Content(width: 512, repeats: 260);
        // With histories, so that the server asks the tower about them.
        var random = new Random(7);
        content = content with
        {
            Users = [.. Enumerable.Range(1, 40_000).Select(user => new BundleUser { Id = $"u{user}", History = [.. Enumerable.Range(0, random.Next(1, 20)).Select(_ => $"item-{random.Next(content.Items.Count)}")] })],
        };
        await BundleWriter.WriteAsync(folder, content, overwrite: true);
        return 0;
    }
}
