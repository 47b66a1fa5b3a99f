using System.Text;
using System.Text.Json;

namespace Inference.Server.Security;

/// <summary>
/// The file of the clients:
/// <code>
/// {
///   "clients": [
///     {
///       "name": "web", "roles": ["serve", "events"],
///       "keys": [ { "id": "k3j9…", "sha256": "64 digits", "expires": "2027-01-01T00:00:00Z" } ],
///       "certificates": [ "subject:CN=web", "dns:web.internal", "uri:spiffe://shop/web" ],
///       "quota": { "requestsPerSecond": 100, "burst": 200, "maxConcurrent": 50 }
///     }
///   ]
/// }
/// </code>
/// Keys, certificates, expiry and quota may be left out. Comments and trailing commas are fine. Whatever is wrong is told at once, each with where it stands; no message repeats a hash.
/// </summary>
internal static class ClientsFile
{
    /// <summary>Most bytes of a file.</summary>
    public const int MostBytes = 16 << 20;

    private static readonly JsonDocumentOptions Json = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true, AllowDuplicateProperties = false };

    /// <summary>Everything that is wrong with a file; empty where nothing is.</summary>
    public static IReadOnlyList<string> Check(string path)
    {
        if (TextOf(path, out string problem) is not { } text)
            return [problem];
        TryRead(text, out IReadOnlyList<string> problems);
        return problems;
    }

    /// <summary>The text of a file; null, with the reason, where it cannot be read.</summary>
    public static string? TextOf(string path, out string problem)
    {
        problem = "";
        try
        {
            if (new FileInfo(path) is { Exists: true, Length: > MostBytes } large)
            {
                problem = $"it has {large.Length} bytes; at most {MostBytes} are read.";
                return null;
            }

            return File.ReadAllText(path, Encoding.UTF8);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            problem = e is FileNotFoundException or DirectoryNotFoundException ? "there is no such file." : e.Message;
            return null;
        }
    }

    /// <summary>Reads a file's text.</summary>
    /// <returns>Null where anything is wrong.</returns>
    public static ClientSet? TryRead(string text, out IReadOnlyList<string> problems)
    {
        var reader = new ClientsReader();
        try
        {
            using JsonDocument json = JsonDocument.Parse(text, Json);
            reader.Read(json.RootElement);
        }
        catch (JsonException e)
        {
            problems = [$"line {(e.LineNumber ?? 0) + 1}, byte {(e.BytePositionInLine ?? 0) + 1}: this is no JSON, or a name stands there twice."];
            return null;
        }
        catch (InvalidOperationException)
        {
            // The parser lets half of a surrogate pair pass, and whoever reads the text then refuses it.
            problems = ["it holds a text with half of a surrogate pair (\\ud800 to \\udfff alone), which is no Unicode."];
            return null;
        }

        problems = reader.Problems;
        return problems.Count == 0 ? reader.ToSet() : null;
    }
}
