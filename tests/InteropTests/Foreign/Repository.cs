namespace InteropTests.Foreign;

/// <summary>Where the sources are; the foreign programs run from there.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    public static string InteropTests { get; } = Path.Combine(Root, "tests", "InteropTests");

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Inference.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"No Inference.sln above {AppContext.BaseDirectory}: the interop tests run from a checkout.");
    }
}
