using System.Text.RegularExpressions;
using UnitTests.Testing;
using Xunit;

namespace DeployTests.Image;

/// <summary>What the two images have in common, and what an image has to have.</summary>
public partial class DockerfileTests
{
    public static TheoryData<string> Files => ["deploy/Dockerfile", "deploy/Dockerfile.cuda"];

    [Theory]
    [MemberData(nameof(Files))]
    public void Image_RunsAsANumberWithVersionsAndAHealthCheck(string path)
    {
        Dockerfile file = Dockerfile.Read(path);
        Dockerfile.Stage image = file.Last;

        Assert.All(file.Stages, stage => Assert.Matches(Pinned(), stage.Base));
        Assert.Matches("^[1-9][0-9]*:[1-9][0-9]*$", Assert.Single(image.Of("USER")));
        Assert.Equal("SIGTERM", Assert.Single(image.Of("STOPSIGNAL")));
        Assert.Contains("/usr/local/bin/healthcheck", Assert.Single(image.Of("HEALTHCHECK")), StringComparison.Ordinal);
        Assert.Equal("/models /cache /decisions", Assert.Single(image.Of("VOLUME")));
        Assert.Equal("false", image.Environment["Inference__Server__HttpApi"]);
        Assert.Contains("org.opencontainers.image.version=", Assert.Single(image.Of("LABEL")), StringComparison.Ordinal);
        // The chart asks for the same user.
        Assert.Contains($"runAsUser: {image.Of("USER").Single().Split(':')[0]}", Repository.Read("deploy/charts/inference/values.yaml"), StringComparison.Ordinal);
        Assert.Equal("5001 5080", Assert.Single(image.Of("EXPOSE")));
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Environment_OfTheRuntime_IsThatOfTheOneFile(string path)
    {
        Dictionary<string, string> runtime = Variables("deploy/runtime.env"), image = Dockerfile.Read(path).Last.Environment;

        Assert.NotEmpty(runtime);
        Assert.All(runtime, pair => Assert.Equal(pair.Value, image.GetValueOrDefault(pair.Key)));
        Assert.All(image.Keys.Where(static name => name.StartsWith("DOTNET_", StringComparison.Ordinal)), name => Assert.Contains(name, runtime.Keys));
        string dev = Repository.Read("dev");
        Assert.All(runtime, pair => Assert.Matches($@"{pair.Key}=(\$\{{{pair.Key}:-)?{Regex.Escape(pair.Value)}\b", dev));
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Restore_KnowsEveryProjectOfTheProgramsBeforeTheirSources(string path)
    {
        Dockerfile.Stage build = Dockerfile.Read(path).Stages[0];
        int restore = build.Instructions.FindIndex(static instruction => instruction is { Name: "RUN", Text: var text } && text.StartsWith("dotnet restore", StringComparison.Ordinal));
        string[] copied = [.. build.Instructions.Take(restore).Where(static instruction => instruction.Name == "COPY").Select(static instruction => instruction.Text.Split(' ')[^1].TrimEnd('/'))];

        Assert.All(ProjectsOf("src/Inference.Server", "src/Inference.Cli"), project => Assert.Contains(project, copied));
        Assert.True(build.Instructions.FindIndex(static instruction => instruction.Text == "src/ src/") > restore);
    }

    [Fact]
    public void Ignored_IsTheSameForBoth() => Assert.Equal(Repository.Read("deploy/Dockerfile.dockerignore"), Repository.Read("deploy/Dockerfile.cuda.dockerignore"));

    [Fact]
    public void Cuda_TakesTheOfficialPackagesAndTheGpu()
    {
        Dockerfile file = Dockerfile.Read("deploy/Dockerfile.cuda");

        Assert.All(file.Stages[0].Of("RUN").SelectMany(static run => run.Split("&&")), command => Assert.Contains("-p:UseOfficialPackages=true", command, StringComparison.Ordinal));
        Assert.StartsWith("nvidia/cuda:", file.Last.Base, StringComparison.Ordinal);
        Assert.Equal("cuda,cpu", file.Last.Environment["Inference__Towers__Providers"]);
    }

    /// <summary>Projects and what they refer to; stand-ins by the name of the package that they stand in for.</summary>
    private static HashSet<string> ProjectsOf(params string[] first)
    {
        var all = new HashSet<string>(StringComparer.Ordinal);
        var open = new Queue<string>(first);
        while (open.TryDequeue(out string? project))
        {
            if (!all.Add(project))
                continue;
            string file = Directory.GetFiles(Repository.PathOf(project), "*.csproj").Single();
            foreach (Match match in Reference().Matches(File.ReadAllText(file)))
                open.Enqueue(Path.GetRelativePath(Repository.Root, Path.GetDirectoryName(Path.GetFullPath(Path.Combine(Repository.PathOf(project), match.Groups[1].Value)))!));
        }

        return all;
    }

    private static Dictionary<string, string> Variables(string path) =>
        File.ReadLines(Repository.PathOf(path)).Where(static line => line.Length > 0 && line[0] != '#').Select(static line => line.Split('=', 2)).ToDictionary(static pair => pair[0], static pair => pair[1]);

    [GeneratedRegex(@":\d+\.\d+\.\d+")]
    private static partial Regex Pinned();

    [GeneratedRegex("<ProjectReference Include=\"([^\"]+)\"")]
    private static partial Regex Reference();
}
