using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Inference.Towers;
using Inference.Towers.Bundles;
using Inference.Towers.Manifests;
using Xunit;

namespace UnitTests.Towers;

/// <summary>A bundle on disk that a test breaks in one place.</summary>
internal sealed class WrittenBundle : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private WrittenBundle()
    {
    }

    public string Path => _folder["1"];

    public string this[string file] => System.IO.Path.Combine(Path, file);

    public static async Task<WrittenBundle> CreateAsync(BundleContent? content = null)
    {
        var bundle = new WrittenBundle();
        await BundleWriter.WriteAsync(bundle.Path, content ?? new SmallWorld().Content());
        return bundle;
    }

    public string Read(string file) => file.EndsWith(".gz", StringComparison.Ordinal)
        ? new StreamReader(new GZipStream(File.OpenRead(this[file]), CompressionMode.Decompress)).ReadToEnd()
        : File.ReadAllText(this[file]);

    /// <summary>Changes the manifest.</summary>
    public void EditManifest(Action<JsonObject> edit)
    {
        JsonObject manifest = JsonNode.Parse(File.ReadAllText(this[BundleManifest.FileName]))!.AsObject();
        edit(manifest);
        File.WriteAllText(this[BundleManifest.FileName], manifest.ToJsonString());
    }

    /// <summary>Replaces a file, and its hash with it, so that nothing but the content is wrong.</summary>
    public void Replace(string file, byte[] content)
    {
        if (file.EndsWith(".gz", StringComparison.Ordinal) && !content.AsSpan().StartsWith(new byte[] { 0x1F, 0x8B }))
        {
            using var packed = new MemoryStream();
            using (var gzip = new GZipStream(packed, CompressionLevel.SmallestSize))
                gzip.Write(content);
            content = packed.ToArray();
        }

        File.WriteAllBytes(this[file], content);
        EditManifest(manifest => manifest["files"]![file] = new JsonObject { ["bytes"] = content.Length, ["sha256"] = Convert.ToHexStringLower(SHA256.HashData(content)) });
    }

    public void Replace(string file, string content) => Replace(file, Encoding.UTF8.GetBytes(content));

    /// <summary>Adds a file of one of the manifest's roles.</summary>
    public void Add(string role, string file, byte[] content)
    {
        EditManifest(manifest => manifest[role] = file);
        Replace(file, content);
    }

    /// <summary>Loads the bundle, which has to be refused, and returns why.</summary>
    public async Task<IReadOnlyList<string>> RefuseAsync(TowerOptions? options = null)
    {
        BundleException refused = await Assert.ThrowsAsync<BundleException>(() => SmallWorld.LoadAsync(Path, options));
        Assert.NotEmpty(refused.Reasons);
        return refused.Reasons;
    }

    /// <summary>Loads the bundle, which has to be refused for one reason that says this.</summary>
    public async Task RefuseAsync(string reason)
    {
        string only = Assert.Single(await RefuseAsync());
        Assert.Contains(reason, only, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();
}
