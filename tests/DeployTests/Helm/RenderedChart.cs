using System.Text.Json.Nodes;
using DeployTests.Files;
using Xunit;

namespace DeployTests.Helm;

/// <summary>What the chart became.</summary>
internal sealed class RenderedChart
{
    private const string NotesMark = "# Source: templates/NOTES.txt";

    public RenderedChart(string output)
    {
        int notes = output.IndexOf(NotesMark, StringComparison.Ordinal);
        Notes = output[(notes + NotesMark.Length)..].Trim();
        Manifests = [.. output[..notes].Split("\n---\n").SelectMany(text => Yaml.Read(text).Select(node => new Manifest(text, node)))];
    }

    public IReadOnlyList<Manifest> Manifests { get; }

    public string Notes { get; }

    /// <summary>The pods: that of the deployment first, then that of the test.</summary>
    public IReadOnlyList<JsonNode> PodSpecs => [Single("Deployment")["spec"]!["template"]!["spec"]!, Single("Pod")["spec"]!];

    /// <summary>Labels of the server's pods.</summary>
    public JsonNode PodLabels => Single("Deployment")["spec"]!["template"]!["metadata"]!["labels"]!;

    public JsonNode Single(string kind) => Assert.Single(Manifests, manifest => manifest.Kind == kind).Node;

    public IEnumerable<JsonNode> Of(string kind) => Manifests.Where(manifest => manifest.Kind == kind).Select(manifest => manifest.Node);
}

/// <param name="Text">As it was rendered.</param>
/// <param name="Node">As JSON.</param>
internal sealed record Manifest(string Text, JsonNode Node)
{
    public string Kind => (string)Node["kind"]!;

    public string Name => (string)Node["metadata"]!["name"]!;
}
