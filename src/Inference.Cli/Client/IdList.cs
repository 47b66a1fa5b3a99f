using System.CommandLine;

namespace Inference.Cli.Client;

/// <summary>Options that are lists of ids: a,b,c, or the option several times.</summary>
internal static class IdList
{
    public static Option<string[]> Option(string name, string description, bool required = false) => new(name)
    {
        Description = description,
        HelpName = "ID,ID…",
        Required = required,
        DefaultValueFactory = required ? null : _ => [],
        CustomParser = result => [.. result.Tokens.SelectMany(token => token.Value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))],
    };
}
