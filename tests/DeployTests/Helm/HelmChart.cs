using DeployTests.Files;
using UnitTests.Testing;
using Xunit;

namespace DeployTests.Helm;

/// <summary>The chart, rendered by the engine that helm has: a small Go program beside this file, built once with Debian's Go.</summary>
internal static class HelmChart
{
    public const string Folder = "deploy/charts/inference";

    private const string GoPath = "/usr/share/gocode";

    private static readonly Lazy<Task<string>> Renderer = new(BuildAsync);

    /// <summary>Files of values that the chart is rendered with; "" for its own alone.</summary>
    public static TheoryData<string> Values => ["", .. Directory.GetFiles(Repository.PathOf(Folder + "/ci"), "*.yaml").Select(file => Path.GetFileName(file)!).Order(StringComparer.Ordinal)];

    /// <summary>Why the chart cannot be rendered here; null where it can.</summary>
    public static string? Missing { get; } =
        !Requirement.HasProgram("go") || !Directory.Exists(GoPath + "/src/github.com/Masterminds/sprig") || !Directory.Exists(GoPath + "/src/sigs.k8s.io/yaml")
            ? "Go and its packages are missing: apt-get install golang-go golang-github-masterminds-sprig-dev golang-k8s-sigs-yaml-dev ('./dev test' does where it may)."
            : null;

    /// <param name="values">One of <see cref="Values"/>, or YAML.</param>
    public static async Task<RenderedChart> RenderAsync(string values)
    {
        (int code, string output, string error) = await TryRenderAsync(values);
        Assert.True(code == 0, error);
        return new RenderedChart(output);
    }

    /// <summary>The exit code of the renderer and what it printed.</summary>
    public static async Task<(int Code, string Output, string Error)> TryRenderAsync(string values)
    {
        Requirement.Check(Missing);
        string renderer = await Renderer.Value, inline = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(inline, values);
            string[] files = values.Length == 0 ? [] : [values.EndsWith(".yaml", StringComparison.Ordinal) ? Repository.PathOf($"{Folder}/ci/{values}") : inline];
            return await Programs.RunAsync(renderer, [Repository.PathOf(Folder), "shop", "recsys", .. files]);
        }
        finally
        {
            File.Delete(inline);
        }
    }

    private static async Task<string> BuildAsync()
    {
        string made = Path.Combine(AppContext.BaseDirectory, "helm-render");
        (int code, _, string error) = await Programs.RunAsync(
            "go", ["build", "-o", made, Repository.PathOf("tests/DeployTests/Helm/render/main.go")], Path.GetTempPath(),
            new Dictionary<string, string?> { ["GO111MODULE"] = "off", ["GOPATH"] = GoPath, ["GOCACHE"] = Path.Combine(AppContext.BaseDirectory, "go-cache"), ["GOFLAGS"] = "" });
        Assert.True(code == 0, error);
        return made;
    }
}
