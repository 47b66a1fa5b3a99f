using Xunit;

namespace UnitTests.Testing;

/// <summary>Compares a committed file with what the code makes; with UPDATE_GOLDEN=1 (`./dev golden`) writes it instead.</summary>
internal static class Golden
{
    public static void Check(string path, string made)
    {
        string file = Repository.PathOf(path);
        if (Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1")
            File.WriteAllText(file, made);
        Assert.True(File.Exists(file), $"{path} is missing; './dev golden' writes it.");
        Assert.True(File.ReadAllText(file) == made, $"{path} is not what the code makes; './dev golden' rewrites it. Expected:\n{made}");
    }
}
