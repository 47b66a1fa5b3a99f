using System.CommandLine;
using System.CommandLine.Parsing;

namespace Inference.Cli.Frame;

/// <summary>Tells what is wrong with a command line: each error once, what was probably meant, and how the command is used.</summary>
internal static class UsageErrors
{
    public static int Report(ParseResult result, TextWriter error)
    {
        Command command = result.CommandResult.Command;
        foreach (string unknown in result.UnmatchedTokens)
        {
            string? meant = Nearest(unknown, Candidates(result.CommandResult, unknown));
            error.WriteLine(unknown.StartsWith('-') ? $"error: unknown option '{unknown}'{Hint(meant)}" : $"error: unexpected '{unknown}'{Hint(meant)}");
        }

        foreach (string problem in result.Errors.Select(problem => problem.Message).Distinct())
        {
            // Unknown words are reported above, with what was probably meant; and one of them was meant to be the verb that is missing.
            bool isReported = result.UnmatchedTokens.Any(unknown => problem.Contains($"'{unknown}'", StringComparison.Ordinal))
                || (result.UnmatchedTokens.Count > 0 && command.Subcommands.Count > 0);
            if (!isReported)
                error.WriteLine($"error: {problem.TrimEnd('.')}");
        }

        error.WriteLine($"usage: {Usage(result.CommandResult)}");
        error.WriteLine($"       {Path(result.CommandResult)} --help tells more");
        return ExitCode.Usage;
    }

    /// <summary>One line: the path of the command, what is required, and that there are options.</summary>
    internal static string Usage(CommandResult result)
    {
        Command command = result.Command;
        var parts = new List<string> { Path(result) };
        string verbs = string.Join(" | ", command.Subcommands.Where(sub => !sub.Hidden).Select(sub => sub.Name));
        // Who does something without a verb below it can do without one.
        if (verbs.Length > 0)
            parts.Add(command.Action is null ? $"({verbs})" : $"[{verbs}]");
        parts.AddRange(command.Arguments.Select(argument => argument.HelpName ?? argument.Name.ToUpperInvariant()));
        parts.AddRange(command.Options.Where(option => option.Required).Select(option => $"{option.Name} {option.HelpName}"));
        parts.Add("[options]");
        return string.Join(' ', parts);
    }

    /// <summary>The candidate with the fewest edits, if it is near enough to have been meant.</summary>
    internal static string? Nearest(string word, IEnumerable<string> candidates)
    {
        string? best = null;
        int bestDistance = Math.Max(2, word.Length / 3) + 1;
        foreach (string candidate in candidates)
        {
            int distance = candidate.StartsWith(word, StringComparison.OrdinalIgnoreCase) && word.Length > 3 ? 0 : Distance(word, candidate);
            if (distance < bestDistance)
                (best, bestDistance) = (candidate, distance);
        }

        return best;
    }

    private static string Hint(string? meant) => meant is null ? "" : $"; did you mean '{meant}'?";

    private static IEnumerable<string> Candidates(CommandResult result, string word)
    {
        if (!word.StartsWith('-'))
            return result.Command.Subcommands.Select(sub => sub.Name);
        return result.Command.Options.Select(option => option.Name);
    }

    private static string Path(CommandResult result)
    {
        var names = new List<string>();
        for (SymbolResult? at = result; at is CommandResult command; at = at.Parent)
            names.Insert(0, command.Command is RootCommand ? "inference" : command.Command.Name);
        return string.Join(' ', names);
    }

    /// <summary>Edits from one word to another: insert, delete, replace, swap neighbours (optimal string alignment).</summary>
    private static int Distance(string a, string b)
    {
        int[,] d = new int[a.Length + 1, b.Length + 1];
        for (int i = 0; i <= a.Length; i++)
            d[i, 0] = i;
        for (int j = 0; j <= b.Length; j++)
            d[0, j] = j;
        for (int i = 1; i <= a.Length; i++)
        {
            for (int j = 1; j <= b.Length; j++)
            {
                int replace = d[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                d[i, j] = Math.Min(replace, 1 + Math.Min(d[i - 1, j], d[i, j - 1]));
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                    d[i, j] = Math.Min(d[i, j], d[i - 2, j - 2] + 1);
            }
        }

        return d[a.Length, b.Length];
    }
}
