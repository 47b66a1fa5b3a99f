using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;
using Inference.Towers.Bundles;
using Inference.Towers.Encoders;
using Inference.Towers.Manifests;
using Xunit;

namespace UnitTests.Towers;

/// <summary>The documents say what the code does.</summary>
public sealed partial class DocumentationTests
{
    [Fact]
    public void BundleFormat_NamesEveryFieldAndEncoder()
    {
        string text = File.ReadAllText(Path.Combine(Root(), "docs", "bundle-format.md"));
        JsonTypeInfo[] types =
        [
            BundleJson.Default.BundleManifest, BundleJson.Default.TowerManifest, BundleJson.Default.InputManifest, BundleJson.Default.HistoryManifest, BundleJson.Default.FileManifest,
            BundleJson.Default.BundleItem, BundleJson.Default.BundleUser, BundleJson.Default.GoldenFile, BundleJson.Default.GoldenCase, BundleJson.Default.ProfilesFile, BundleJson.Default.ClusterEntry,
            .. EncoderSpecConverter.Types, EncoderJson.Default.PrefixTokenSpec,
        ];
        string[] missing = [.. types.SelectMany(type => type.Properties).Where(property => !property.IsExtensionData).Select(property => property.Name)
            .Concat(EncoderSpecConverter.Names).Distinct().Where(name => !Regex.IsMatch(text, $"[`\"]{name}[`\"]"))];

        Assert.Empty(missing);
    }

    [Fact]
    public void OwnTowers_ShowsAManifestThatIsRight()
    {
        string text = File.ReadAllText(Path.Combine(Root(), "docs", "serve-your-own-towers.md"));
        BundleManifest manifest = JsonFile.Parse(System.Text.Encoding.UTF8.GetBytes(Sample().Match(text).Groups[1].Value), BundleJson.Default.BundleManifest);
        var problems = new BundleProblems();
        ManifestCheck.Check(manifest, problems);
        problems.ThrowIfAny("sample");
        // And every snippet of the table is JSON of the format.
        MatchCollection snippets = Snippet().Matches(text);
        Assert.InRange(snippets.Count, 5, 50);
        foreach (Match snippet in snippets)
        {
            JsonNode? node = JsonNode.Parse(snippet.Groups[1].Value.StartsWith('{') ? snippet.Groups[1].Value.Replace("[ … ]", "[]", StringComparison.Ordinal) : $"{{{snippet.Groups[1].Value}}}");
            Assert.NotNull(node);
        }
    }

    [GeneratedRegex("```jsonc\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Sample();

    [GeneratedRegex("`(\"(?:history|item_tower)\": \\{.*?\\}|\\{ \"type\".*?\\})`")]
    private static partial Regex Snippet();

    private static string Root()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Inference.sln")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new DirectoryNotFoundException("The tests do not run inside of the repository.");
    }
}
