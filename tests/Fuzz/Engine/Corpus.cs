namespace Fuzz.Engine;

/// <summary>
/// Inputs that are kept in the repository: in <c>corpus/TARGET</c> valid ones that no writer makes, as people write them, and in <c>regressions/TARGET</c> what once went wrong, which no
/// target may fail with again. They lie beside the program.
/// </summary>
public static class Corpus
{
    /// <summary>Valid inputs of a target.</summary>
    public static IEnumerable<byte[]> Of(string target) => FilesOf("corpus", target).Select(File.ReadAllBytes);

    /// <summary>Files with which a target failed once, in the order of their names.</summary>
    public static IEnumerable<string> RegressionsOf(string target) => FilesOf("regressions", target);

    private static IEnumerable<string> FilesOf(string folder, string target)
    {
        string path = Path.Combine(AppContext.BaseDirectory, folder, target);
        return Directory.Exists(path) ? Directory.EnumerateFiles(path).Order(StringComparer.Ordinal) : [];
    }
}
