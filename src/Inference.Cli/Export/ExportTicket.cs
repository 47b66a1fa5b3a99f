using System.Text.Json;
using Inference.Cli.Frame;

namespace Inference.Cli.Export;

/// <summary>
/// What a file of an export answers, kept beside it as FILE.export.json: the users, the question and the format. An export that is gone on with must ask the same about the same users, otherwise the
/// file would be half of one and half of the other.
/// </summary>
/// <param name="Run">Names the export; begins the ids of its requests, so that an export that was interrupted draws as one that was not.</param>
/// <param name="Asked">What was asked, by name, as text.</param>
internal sealed record ExportTicket(string Run, SortedDictionary<string, string> Asked)
{
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string PathFor(string output) => output + ".export.json";

    /// <summary>The ticket of a file.</summary>
    /// <exception cref="CommandFailedException">There is none, or it cannot be read.</exception>
    public static ExportTicket Read(string output)
    {
        string path = PathFor(output);
        if (!File.Exists(path))
            throw new CommandFailedException($"--resume: '{path}' is not there, so nobody knows what '{output}' answers. --overwrite begins anew.");
        try
        {
            return JsonSerializer.Deserialize<ExportTicket>(File.ReadAllBytes(path), Json) is { Run.Length: > 0, Asked: not null } ticket ? ticket : throw new JsonException("it is incomplete");
        }
        catch (JsonException e)
        {
            throw new CommandFailedException($"--resume: '{path}' cannot be read: {e.Message}. --overwrite begins anew.", e);
        }
    }

    /// <summary>Puts the ticket beside the file: whole or not at all.</summary>
    public void Write(string output)
    {
        string path = PathFor(output), temporary = path + ".tmp";
        File.WriteAllBytes(temporary, [.. JsonSerializer.SerializeToUtf8Bytes(this, Json), (byte)'\n']);
        File.Move(temporary, path, overwrite: true);
    }

    /// <exception cref="CommandFailedException">Something else is asked now; the message names all of it.</exception>
    public void Check(string output, SortedDictionary<string, string> asked)
    {
        string[] changed = [.. asked.Keys.Union(Asked.Keys).Order(StringComparer.Ordinal).Where(name => asked.GetValueOrDefault(name) != Asked.GetValueOrDefault(name))
            .Select(name => $"{name} was '{Asked.GetValueOrDefault(name)}' and is '{asked.GetValueOrDefault(name)}'")];
        if (changed.Length > 0)
            throw new CommandFailedException($"--resume: '{output}' answers something else: {string.Join("; ", changed)}. Ask the same, or begin anew with --overwrite.");
    }
}
