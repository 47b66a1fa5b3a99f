using System.Text;
using System.Text.RegularExpressions;

namespace Inference.Server.Json.OpenApi;

/// <summary>
/// The comments of .proto files by the full name of what they are about, read from the files themselves, which are in the program: descriptors keep none. What stands in lines of its own
/// right before a declaration is its comment. Only the forms of declarations that this contract uses are known.
/// </summary>
internal sealed partial class ProtoComments
{
    private readonly Dictionary<string, string> _byName = new(StringComparer.Ordinal);

    /// <summary>The comments of the contract.</summary>
    public static ProtoComments OfContract()
    {
        var comments = new ProtoComments();
        System.Reflection.Assembly program = typeof(ProtoComments).Assembly;
        foreach (string name in program.GetManifestResourceNames().Where(static name => name.StartsWith("protos/", StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            using var file = new StreamReader(program.GetManifestResourceStream(name)!);
            comments.Add(file.ReadToEnd());
        }

        return comments;
    }

    /// <summary>The comment of "recsys.v1.RecommendRequest.user_id"; empty where there is none.</summary>
    public string Of(string fullName) => _byName.GetValueOrDefault(fullName, "");

    /// <summary>Adds the comments of one file.</summary>
    public void Add(string proto)
    {
        string package = "";
        // Names that are open, from the outside in; a oneof adds none.
        var scope = new List<string>();
        var comment = new StringBuilder();
        foreach (string line in proto.Split('\n').Select(static line => line.Trim()))
        {
            if (line.StartsWith("//", StringComparison.Ordinal))
            {
                comment.Append(comment.Length > 0 ? " " : "").Append(line[2..].Trim());
                continue;
            }

            if (Package().Match(line) is { Success: true } named)
                package = named.Groups[1].Value;
            else if (Declaration().Match(line) is { Success: true } declared)
                Keep(package, scope, declared.Groups[1].Success ? declared.Groups[1].Value : declared.Groups[2].Value, comment);
            if (line.EndsWith('{'))
                scope.Add(Block().Match(line) is { Success: true } opened ? opened.Groups[1].Value : "");
            if (line.StartsWith('}'))
                scope.RemoveAt(scope.Count - 1);
            comment.Clear();
        }
    }

    private void Keep(string package, List<string> scope, string name, StringBuilder comment)
    {
        if (comment.Length > 0)
            _byName[string.Join('.', scope.Where(static part => part.Length > 0).Prepend(package).Append(name))] = comment.ToString();
    }

    [GeneratedRegex(@"^package ([\w.]+);")]
    private static partial Regex Package();

    // A block, a method or a oneof; or a field or a value, by its number.
    [GeneratedRegex(@"^(?:(?:message|enum|service|rpc|oneof) (\w+)|.*?(\w+) = -?\d+\s*(?:\[.*\])?;)")]
    private static partial Regex Declaration();

    [GeneratedRegex(@"^(?:message|enum|service) (\w+)")]
    private static partial Regex Block();
}
