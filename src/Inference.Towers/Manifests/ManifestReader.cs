using System.Text.Json;
using Inference.Towers.Bundles;

namespace Inference.Towers.Manifests;

/// <summary>Reads manifest.json, which nobody has vouched for yet.</summary>
internal static class ManifestReader
{
    private const int MaxBytes = 16 << 20;

    /// <summary>The manifest of a folder; null, with the reasons reported, when it cannot be read.</summary>
    public static BundleManifest? Read(string folder, BundleProblems problems)
    {
        string path = Path.Combine(folder, BundleManifest.FileName);
        if (!Directory.Exists(folder))
        {
            problems.Add(folder, "there is no such folder.");
            return null;
        }

        if (!File.Exists(path))
        {
            problems.Add(BundleManifest.FileName, "is missing.");
            return null;
        }

        try
        {
            return JsonFile.Read(path, MaxBytes, BundleJson.Default.BundleManifest);
        }
        catch (Exception e) when (e is JsonException or InvalidDataException or IOException or UnauthorizedAccessException)
        {
            problems.Add(BundleManifest.FileName, JsonFile.Explain(e));
            return null;
        }
    }
}
