using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Inference.Server.Options;

namespace Inference.Server.Hosting;

/// <summary>Finds the folder of the bundle to serve: it may be named itself, or by the folder of its versions, or by a repository that holds one model.</summary>
internal static class BundleLocator
{
    private const string ManifestName = "manifest.json";
    private const string Latest = "latest";
    private const string MakeOne = "Make a demo bundle with './dev cli demo --out .local/models' and serve it with '--bundle .local/models/demo/1'.";

    /// <param name="options">Path and version.</param>
    /// <param name="folder">The bundle's folder.</param>
    /// <param name="problem">Why there is none, and what to do.</param>
    public static bool TryFind(BundleOptions options, [NotNullWhen(true)] out string? folder, [NotNullWhen(false)] out string? problem)
    {
        (folder, problem) = Find(options);
        return folder is not null;
    }

    private static (string? Folder, string? Problem) Find(BundleOptions options)
    {
        if (options.Path.Length == 0)
            return (null, $"No bundle is configured. {MakeOne}");
        string path = Path.GetFullPath(options.Path);
        if (!Directory.Exists(path))
            return (null, $"There is no folder '{path}'. {MakeOne}");
        if (IsBundle(path))
        {
            return options.Version == Latest || Path.GetFileName(path) == options.Version
                ? (path, null)
                : (null, $"'{path}' is one bundle, and not of version '{options.Version}'. Name the folder of its versions, or leave Inference:Bundle:Version at '{Latest}'.");
        }

        string[] versions = Bundles(path);
        if (versions.Length > 0)
            return Choose(path, versions, options.Version);

        string[] models = [.. Folders(path).Where(model => Bundles(model).Length > 0)];
        return models switch
        {
            [] => (null, $"'{path}' holds no bundle: neither it nor a folder in it has a {ManifestName}. {MakeOne}"),
            [var model] => Choose(model, Bundles(model), options.Version),
            _ => (null, $"'{path}' holds several models: {string.Join(", ", models.Select(Path.GetFileName).Order(StringComparer.Ordinal))}. Name the folder of one."),
        };
    }

    private static (string? Folder, string? Problem) Choose(string model, string[] versions, string wanted)
    {
        string? chosen = wanted == Latest
            ? versions.MaxBy(Path.GetFileName, Comparer<string?>.Create(CompareVersions))
            : versions.FirstOrDefault(version => Path.GetFileName(version) == wanted);
        return chosen is not null
            ? (chosen, null)
            : (null, $"'{model}' has no version '{wanted}'; there are {string.Join(", ", versions.Select(Path.GetFileName).Order(Comparer<string?>.Create(CompareVersions)))}.");
    }

    /// <summary>Numbers by value and above other names; other names as text.</summary>
    internal static int CompareVersions(string? a, string? b)
    {
        bool isNumberA = ulong.TryParse(a, NumberStyles.None, CultureInfo.InvariantCulture, out ulong numberA);
        bool isNumberB = ulong.TryParse(b, NumberStyles.None, CultureInfo.InvariantCulture, out ulong numberB);
        return isNumberA && isNumberB ? numberA.CompareTo(numberB) : isNumberA != isNumberB ? isNumberA.CompareTo(isNumberB) : string.CompareOrdinal(a, b);
    }

    private static string[] Bundles(string folder) => [.. Folders(folder).Where(IsBundle)];

    /// <summary>A folder whose name begins with a dot is one that is still being written.</summary>
    private static IEnumerable<string> Folders(string folder) => Directory.EnumerateDirectories(folder).Where(child => !Path.GetFileName(child).StartsWith('.'));

    private static bool IsBundle(string folder) => File.Exists(Path.Combine(folder, ManifestName));
}
