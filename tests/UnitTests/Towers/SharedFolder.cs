using Xunit;

namespace UnitTests.Towers;

/// <summary>Finds the folder with real towers and data, which lies beside the repository where there is one.</summary>
internal static class SharedFolder
{
    /// <summary>The path of a part of it; null where it is absent.</summary>
    public static string? Find(string part)
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string path = Path.Combine(folder.FullName, "shared", part);
            if (Directory.Exists(path))
                return path;
        }

        return null;
    }

    /// <summary>The path of a part of it; skips the test where it is absent.</summary>
    public static string Require(string part)
    {
        string? path = Find(part);
        Skip.If(path is null, $"There is no folder shared/{part} beside the repository.");
        return path!;
    }
}
