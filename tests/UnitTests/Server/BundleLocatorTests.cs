using Inference.Server.Hosting;
using Inference.Server.Options;
using Xunit;

namespace UnitTests.Server;

public sealed class BundleLocatorTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("bundles").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void TryFind_WithTheBundleItself_TakesIt() => Assert.Equal(Make("demo/1"), Find("demo/1"));

    [Fact]
    public void TryFind_WithVersions_TakesTheHighestNumber()
    {
        Make("demo/9");
        string ten = Make("demo/10");
        Make("demo/beta");
        Make("demo/.writing-11");

        Assert.Equal(ten, Find("demo"));
        Assert.Equal(ten, Find(""));
    }

    [Fact]
    public void TryFind_WithAVersion_TakesThatOne()
    {
        string nine = Make("demo/9");
        Make("demo/10");

        Assert.Equal(nine, Find("demo", "9"));
        Assert.Equal(nine, Find("demo/9", "9"));
        Assert.Contains("there are 9, 10", Problem("demo", "8"), StringComparison.Ordinal);
        Assert.Contains("not of version '8'", Problem("demo/9", "8"), StringComparison.Ordinal);
    }

    [Fact]
    public void TryFind_WithSeveralModels_AsksForOne()
    {
        Make("one/1");
        Make("two/1");

        Assert.Contains("several models: one, two", Problem(""), StringComparison.Ordinal);
    }

    [Fact]
    public void TryFind_WithoutABundle_SaysWhatToDo()
    {
        Assert.Contains("./dev cli demo", Problem(""), StringComparison.Ordinal);
        Assert.Contains("There is no folder", Problem("nowhere"), StringComparison.Ordinal);
        BundleLocator.TryFind(new BundleOptions(), out _, out string? problem);
        Assert.Contains("./dev cli demo", problem, StringComparison.Ordinal);
    }

    private string Make(string path)
    {
        string folder = Directory.CreateDirectory(Path.Combine(_root, path)).FullName;
        File.WriteAllText(Path.Combine(folder, "manifest.json"), "{}");
        return folder;
    }

    private string? Find(string path, string version = "latest") =>
        BundleLocator.TryFind(new BundleOptions { Path = Path.Combine(_root, path).TrimEnd('/'), Version = version }, out string? folder, out _) ? folder : null;

    private string Problem(string path, string version = "latest")
    {
        Assert.False(BundleLocator.TryFind(new BundleOptions { Path = Path.Combine(_root, path), Version = version }, out _, out string? problem));
        return problem;
    }
}
