using System.Text.RegularExpressions;
using Inference.Server.Configuration;
using UnitTests.Testing;
using Xunit;

namespace UnitTests.Server;

public class DeployTests
{
    [Fact]
    public void Options_InShippedFiles_Exist()
    {
        HashSet<string> known = new(OptionCatalogue.Entries.Select(entry => entry.Key), StringComparer.Ordinal);
        (string File, string Key)[] used =
        [
            .. from folder in (string[])["deploy", "load-tests"]
               from file in Directory.EnumerateFiles(Repository.PathOf(folder), "*", SearchOption.AllDirectories)
               where !file.Contains("/results/", StringComparison.Ordinal)
               from Match match in Regex.Matches(File.ReadAllText(file), @"Inference(?:__|:)[A-Za-z]+(?:__|:)[A-Za-z]+")
               select (file, match.Value.Replace("__", ":", StringComparison.Ordinal)),
        ];

        Assert.NotEmpty(used);
        Assert.All(used, use => Assert.True(known.Contains(use.Key), $"{use.File} sets {use.Key}, which is no option."));
    }

    [Fact]
    public void Compose_MountsOnlyFilesThatAreThere() =>
        Assert.All(
            Regex.Matches(Repository.Read("deploy/compose.yaml"), @"\./([a-z./-]+):/"),
            match => Assert.True(Path.Exists(Repository.PathOf("deploy/" + match.Groups[1].Value)), match.Value));
}
