using Xunit;

namespace UnitTests.OnnxRuntime;

/// <summary>
/// The towers trained on the Online Retail data, which lie outside the repository: in <c>towers/online-retail</c> of the folder that the
/// environment variable <c>INFERENCE_SHARED</c> names, or else of a folder <c>shared</c> in or beside any folder above the tests.
/// </summary>
internal static class RetailTowers
{
    /// <summary>The folder, or null where it is not there.</summary>
    public static string? Folder { get; } = Find();

    /// <summary>The path of one of its files; skips the test where the folder is not there.</summary>
    public static string File(string name)
    {
        Skip.If(Folder is null, "The folder shared/towers/online-retail is not there.");
        return Path.Combine(Folder!, name);
    }

    private static string? Find()
    {
        if (Environment.GetEnvironmentVariable("INFERENCE_SHARED") is { Length: > 0 } named)
            return Path.Combine(named, "towers", "online-retail");
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string candidate = Path.Combine(folder.FullName, "shared", "towers", "online-retail");
            if (Directory.Exists(candidate))
                return candidate;
        }
        return null;
    }
}
