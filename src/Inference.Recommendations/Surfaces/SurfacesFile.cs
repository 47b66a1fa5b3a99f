using System.Text;
using System.Text.Json;

namespace Inference.Recommendations.Surfaces;

/// <summary>
/// The file of surfaces:
/// <code>
/// {
///   "default": "home",
///   "surfaces": {
///     "home": {
///       "retrievers": [ { "name": "towers", "weight": 1, "budget": "5ms", "quota": 200 }, "popularity" ],
///       "fusion": "learned" | "reciprocal_rank" | "z_score", "depth": 200, "rank": true, "rankBudget": "5ms",
///       "slate": { "diversity": 0.1, "caps": [ { "attribute": "brand", "most": 2 } ], "pins": [ { "itemId": "i1", "rank": 1 } ],
///                  "boosts": [ { "name": "new", "filter": "year &gt;= 2026", "amount": 0.5 } ], "calibration": { "strength": 0.3 }, "coverageAttribute": "category" }
///     }
///   }
/// }
/// </code>
/// All fields may be left out. Comments and trailing commas are fine. Whatever is wrong is told at once, each with where it stands.
/// </summary>
public static class SurfacesFile
{
    /// <summary>Most bytes of a file.</summary>
    public const int MostBytes = 1 << 20;

    /// <summary>Most surfaces of a file.</summary>
    public const int MostSurfaces = 100;

    private const string BuiltInName = "Inference.Recommendations.Surfaces.surfaces.json";

    private static readonly Lazy<SurfaceSet> BuiltInSet = new(() => TryRead(BuiltInText, out IReadOnlyList<SurfaceProblem> problems) ?? throw new InvalidOperationException(string.Join('\n', problems)));

    /// <summary>The surfaces that are there where no file is named: home, product, cart, search.</summary>
    public static SurfaceSet BuiltIn => BuiltInSet.Value;

    /// <summary>Their file.</summary>
    public static string BuiltInText
    {
        get
        {
            using Stream stream = typeof(SurfacesFile).Assembly.GetManifestResourceStream(BuiltInName)!;
            using var reader = new StreamReader(stream, Encoding.UTF8);
            return reader.ReadToEnd();
        }
    }

    /// <summary>Reads a file's text.</summary>
    /// <param name="text">JSON.</param>
    /// <param name="problems">Receives all that is wrong.</param>
    /// <returns>Null where anything is.</returns>
    public static SurfaceSet? TryRead(string text, out IReadOnlyList<SurfaceProblem> problems)
    {
        var found = new List<SurfaceProblem>();
        problems = found;
        try
        {
            using JsonDocument json = JsonDocument.Parse(text, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            SurfaceSet? set = Read(json.RootElement, found);
            return found.Count == 0 ? set : null;
        }
        catch (JsonException e)
        {
            found.Add(new SurfaceProblem($"line {(e.LineNumber ?? 0) + 1}, byte {(e.BytePositionInLine ?? 0) + 1}", "is no JSON."));
            return null;
        }
        catch (InvalidOperationException)
        {
            // The parser lets half of a surrogate pair pass, and whoever reads the text then refuses it.
            found.Add(new SurfaceProblem("", "holds a text with half of a surrogate pair (\\ud800 to \\udfff alone), which is no Unicode."));
            return null;
        }
    }

    /// <summary>Reads a file.</summary>
    /// <param name="path">Where it lies.</param>
    /// <param name="problems">Receives all that is wrong; also that it cannot be read.</param>
    /// <returns>Null where anything is.</returns>
    public static SurfaceSet? TryReadFile(string path, out IReadOnlyList<SurfaceProblem> problems)
    {
        string? text = TextOf(path, out string problem);
        if (text is not null)
            return TryRead(text, out problems);
        problems = [new SurfaceProblem("", problem)];
        return null;
    }

    /// <summary>The text of a file; null where it cannot be read.</summary>
    public static string? TextOf(string path, out string problem)
    {
        problem = "";
        try
        {
            var file = new FileInfo(path);
            if (file.Exists && file.Length > MostBytes)
                problem = $"the file has {file.Length} bytes; it may have {MostBytes}.";
            else
                return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            problem = $"cannot be read: {e.Message}";
        }

        return null;
    }

    private static SurfaceSet? Read(JsonElement root, List<SurfaceProblem> problems)
    {
        var fields = new JsonFields(root, "", problems, "$schema", "default", "surfaces");
        string defaultName = fields.Text("default", "", 64);
        if (!fields.TryGet("surfaces", out JsonElement element))
        {
            if (root.ValueKind == JsonValueKind.Object)
                fields.Add("surfaces", "is missing.");
            return null;
        }

        var named = new JsonFields(element, "surfaces", problems);
        var surfaces = new List<Surface>();
        foreach ((string name, JsonElement surface) in named.All)
            surfaces.Add(SurfaceReader.Read(name, surface, named.PathOf(name), problems));
        if (surfaces.Count > MostSurfaces)
            named.Add("", $"has {surfaces.Count} surfaces; it may have {MostSurfaces}.");
        if (defaultName.Length > 0 && !surfaces.Exists(surface => surface.Name == defaultName))
            fields.Add("default", $"is \"{defaultName}\"; {JsonFields.Meant(defaultName, [.. surfaces.Select(surface => surface.Name)])}");
        return problems.Count == 0 ? new SurfaceSet(surfaces, defaultName) : null;
    }
}
