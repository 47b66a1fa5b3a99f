using System.Text.Json;
using Inference.Cli.Frame;

namespace Inference.Cli.Load.Plot;

/// <summary>A result that `load --json` wrote, read again: its name, and its runs by ascending offered rate.</summary>
internal sealed class LoadResult
{
    private LoadResult(string name, IReadOnlyList<JsonElement> runs)
    {
        Name = name;
        Runs = runs;
    }

    public string Name { get; }

    /// <summary>Objects as <see cref="LoadJson"/> writes them.</summary>
    public IReadOnlyList<JsonElement> Runs { get; }

    /// <param name="argument">A file, or NAME=FILE; without a name the file's own is taken.</param>
    /// <exception cref="CommandFailedException">It cannot be read, or is no such result.</exception>
    public static LoadResult Read(string argument)
    {
        int equals = argument.IndexOf('=', StringComparison.Ordinal);
        string path = equals < 0 ? argument : argument[(equals + 1)..], name = equals < 0 ? Path.GetFileNameWithoutExtension(path) : argument[..equals];
        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
            JsonElement root = document.RootElement.Clone();
            JsonElement[] runs = root.ValueKind == JsonValueKind.Object && root.TryGetProperty("steps", out JsonElement steps) ? [.. steps.EnumerateArray()] : [root];
            if (runs.Length == 0 || runs.Any(run => run.ValueKind != JsonValueKind.Object || !run.TryGetProperty("latency_us", out _) || !run.TryGetProperty("offered_rps", out _)))
                throw new CommandFailedException($"'{path}' is no result of a load.");
            return new LoadResult(name, [.. runs.OrderBy(run => Number(run, "offered_rps"))]);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new CommandFailedException($"'{path}' cannot be read: {e.Message}", e);
        }
    }

    /// <summary>The number at a path of property names.</summary>
    public static double Number(JsonElement run, params ReadOnlySpan<string> path)
    {
        foreach (string name in path)
            run = run.GetProperty(name);
        return run.GetDouble();
    }
}
