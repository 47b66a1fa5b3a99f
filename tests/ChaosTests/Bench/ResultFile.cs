using System.Diagnostics;
using System.Text.Json;
using Benchmarks;
using UnitTests.Testing;

namespace ChaosTests.Bench;

/// <summary>Where results are kept, and on what they were measured.</summary>
internal static class ResultFile
{
    /// <summary>Writes load-tests/results/NAME.json and NAME.md.</summary>
    /// <param name="name">The benchmark's name.</param>
    /// <param name="json">What scripts read; machine and commit are added.</param>
    /// <param name="markdown">What people read.</param>
    public static async Task WriteAsync(string name, Dictionary<string, object> json, string markdown)
    {
        json["machine"] = Machine.Processor();
        json["commit"] = await CommitAsync();
        string path = Repository.PathOf(Path.Combine("load-tests", "results", name));
        await File.WriteAllTextAsync(path + ".json", JsonSerializer.Serialize(json, Machine.Json) + "\n");
        await File.WriteAllTextAsync(path + ".md", markdown);
        Console.WriteLine($"\nwritten: load-tests/results/{name}.json, load-tests/results/{name}.md");
    }

    private static async Task<string> CommitAsync()
    {
        try
        {
            using Process? git = Process.Start(new ProcessStartInfo("git", ["rev-parse", "--short", "HEAD"]) { RedirectStandardOutput = true, WorkingDirectory = Repository.PathOf("") });
            return git is null ? "unknown" : (await git.StandardOutput.ReadToEndAsync()).Trim();
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return "unknown";
        }
    }
}
