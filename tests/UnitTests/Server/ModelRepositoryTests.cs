using Inference.Server.Models;
using Inference.Server.Options;
using Xunit;

namespace UnitTests.Server;

public sealed class ModelRepositoryTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("bundles").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void TryOpen_WithTheBundleItself_TakesIt() => Assert.Equal(Make("demo/1"), Find("demo/1"));

    [Fact]
    public void TryOpen_WithVersions_TakesTheHighestNumber()
    {
        Make("demo/9");
        string ten = Make("demo/10");
        Make("demo/beta");
        Make("demo/.writing-11");

        Assert.Equal(ten, Find("demo"));
        Assert.Equal(ten, Find(""));
    }

    [Fact]
    public void TryOpen_WithAVersion_TakesThatOne()
    {
        string nine = Make("demo/9");
        Make("demo/10");

        Assert.Equal(nine, Find("demo", "9"));
        Assert.Equal(nine, Find("demo/9", "9"));
        Assert.Contains("there are 9, 10", Problem("demo", "8"), StringComparison.Ordinal);
        Assert.Contains("not of version '8'", Problem("demo/9", "8"), StringComparison.Ordinal);
    }

    [Fact]
    public void TryOpen_WithSeveralModels_AsksForOne()
    {
        Make("one/1");
        Make("two/1");

        Assert.Contains("several models: one, two", Problem(""), StringComparison.Ordinal);
    }

    [Fact]
    public void TryOpen_WithoutABundle_SaysWhatToDo()
    {
        Assert.Contains("./dev cli demo", Problem(""), StringComparison.Ordinal);
        Assert.Contains("There is no folder", Problem("nowhere"), StringComparison.Ordinal);
        ModelRepository.TryOpen(new BundleOptions(), out _, out string? problem);
        Assert.Contains("./dev cli demo", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Scan_GivesTheHighestFirst_NamedAsTheManifestSays()
    {
        Make("demo/9");
        Make("demo/10", """
            {
              "format_version": 1, "name": "shop", "version": "ten", "dimension": 2, "metric": "ip", "items": "items.jsonl", "item_embeddings": "e.npy",
              "user_tower": { "file": "u.onnx", "inputs": [{ "name": "x", "encoder": { "type": "constant", "values": [1] } }] }
            }
            """);
        Make("demo/beta");

        Assert.Equal(["shop/ten", "demo/9", "demo/beta"], Open("demo")!.Scan().Select(folder => folder.Version));
    }

    [Theory]
    [InlineData("all", "10", "9", "8")]
    [InlineData("latest", "10", "9", "8")]
    [InlineData("8, 10", "10", "8")]
    [InlineData("demo/9", "9")]
    [InlineData("explicit")]
    public void Wanted_FollowsThePolicy(string version, params string[] expected)
    {
        Make("demo/8");
        Make("demo/9");
        Make("demo/10");
        ModelRepository repository = Open("demo", version)!;

        Assert.Equal(expected, repository.Wanted(repository.Scan()).Select(folder => folder.Name));
        Assert.True(repository.IsWatched);
    }

    [Fact]
    public void Open_OfOneBundle_IsNotWatched_AndKnowsItsNeighbours()
    {
        Make("demo/8");
        Make("demo/9");
        ModelRepository repository = Open("demo/8")!;

        Assert.False(repository.IsWatched);
        Assert.Equal("8", Assert.Single(repository.Wanted(repository.Scan())).Name);
        Assert.Equal(2, repository.Scan().Count);
    }

    [Fact]
    public void Scan_AfterAFileGrew_HasAnotherFingerprint_AndOnlyThen()
    {
        string folder = Make("demo/1");
        ModelRepository repository = Open("demo")!;
        ulong before = repository.Scan()[0].Fingerprint;
        Assert.Equal(before, repository.Scan()[0].Fingerprint);
        File.WriteAllText(Path.Combine(folder, "items.jsonl"), "half");
        ulong half = repository.Scan()[0].Fingerprint;
        File.AppendAllText(Path.Combine(folder, "items.jsonl"), " whole");
        ulong whole = repository.Scan()[0].Fingerprint;
        Assert.Distinct([before, half, whole]);
        Directory.Delete(folder, recursive: true);
        Assert.Empty(repository.Scan());
    }

    private string Make(string path, string manifest = "{}")
    {
        string folder = Directory.CreateDirectory(Path.Combine(_root, path)).FullName;
        File.WriteAllText(Path.Combine(folder, "manifest.json"), manifest);
        return folder;
    }

    private string? Find(string path, string version = "latest") =>
        Open(path, version) is { } repository && repository.Wanted(repository.Scan()) is [var first, ..] ? first.Path : null;

    private ModelRepository? Open(string path, string version = "latest") =>
        ModelRepository.TryOpen(new BundleOptions { Path = Path.Combine(_root, path).TrimEnd('/'), Version = version }, out ModelRepository? repository, out _) ? repository : null;

    private string Problem(string path, string version = "latest")
    {
        Assert.False(ModelRepository.TryOpen(new BundleOptions { Path = Path.Combine(_root, path), Version = version }, out _, out string? problem));
        return problem;
    }
}
