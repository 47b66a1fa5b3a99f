using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Fuzz.Engine;
using Inference.Towers;
using Inference.Towers.Bundles;
using Inference.Towers.Manifests;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fuzz.Targets;

/// <summary>
/// Whole bundles in which one file is another one, with its right hash: the name of the file, a line feed, its content. The native runtime opens what is in them, so a fault could end the process.
/// </summary>
internal sealed class BundleTarget : FileTarget
{
    private bool _isWritten;

    public override string Name => "bundle";

    public override bool NeedsProcess => true;

    public override int TestCases => 60;

    public override (long PerByte, long Free) MostAllocated => (64 << 10, 64 << 20);

    public override int MostBytes => 64 << 10;

    public override IReadOnlyList<string> Tokens => ["null", "-1", "0", "1e400", "[]", "{}", "2147483648", "location", "batch", "history", "Gather", "\u0008\u0001", "\u0012\u00ff"];

    public override IEnumerable<byte[]> Seeds() => WrittenFiles.All.Select(file => (byte[])[.. Encoding.UTF8.GetBytes(file.Key), (byte)'\n', .. file.Value]);

    public override bool Read(byte[] input)
    {
        if (!_isWritten)
            WrittenFiles.WriteTo(Folder);
        _isWritten = true;
        int end = Array.IndexOf(input, (byte)'\n');
        string name = end < 0 ? "" : Encoding.UTF8.GetString(input.AsSpan(0, end));
        if (!WrittenFiles.All.TryGetValue(name, out byte[]? original))
            return false;
        byte[] content = input[(end + 1)..], manifest = WrittenFiles.All[BundleManifest.FileName];
        Put(name, content);
        if (name != BundleManifest.FileName)
            Put(BundleManifest.FileName, WithHash(manifest, name, content));
        try
        {
            LoadedBundle loaded = BundleLoader.LoadAsync(Folder, new TowerOptions { MaxBatch = 8, LoadRunTimeout = TimeSpan.FromSeconds(5) }, null, NullLogger.Instance).GetAwaiter().GetResult();
            loaded.Snapshot.Dispose();
            return true;
        }
        catch (BundleException e)
        {
            FuzzException.Unless(e.Reasons.Count > 0 && e.Reasons.All(reason => !string.IsNullOrWhiteSpace(reason)), "a bundle is refused without a reason");
            return false;
        }
        finally
        {
            Put(name, original);
            Put(BundleManifest.FileName, manifest);
        }
    }

    private static byte[] WithHash(byte[] manifest, string name, byte[] content)
    {
        JsonObject json = JsonNode.Parse(manifest)!.AsObject();
        if (json["files"]?[name] is not null)
            json["files"]![name] = new JsonObject { ["bytes"] = content.Length, ["sha256"] = Convert.ToHexStringLower(SHA256.HashData(content)) };
        return JsonSerializer.SerializeToUtf8Bytes(json);
    }
}
