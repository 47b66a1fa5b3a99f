using System.Text;
using InteropTests.Cases;
using UnitTests.Testing;
using Xunit;

namespace InteropTests.Matrix;

/// <summary>The results as Markdown: a row a case, a column a pairing, and notes that say what could not be expressed.</summary>
internal static class ResultsTable
{
    // Two classes of tests have a table each in the one README.
    private static readonly Lock s_readmeLock = new();
    private static readonly string s_readme = Repository.PathOf("tests/InteropTests/README.md");

    /// <summary>The table.</summary>
    public static string Render(IReadOnlyList<string> cases, IReadOnlyList<(string Name, IReadOnlyDictionary<string, CaseResult> Results)> columns)
    {
        var text = new StringBuilder();
        var notes = new List<string>();
        text.AppendJoin("", columns.Select(column => $" | {column.Name}").Prepend("| case")).Append(" |\n");
        text.AppendJoin("", columns.Select(_ => " | :-:").Prepend("| ---")).Append(" |\n");
        foreach (var name in cases)
        {
            text.AppendJoin("", columns.Select(column => $" | {Cell(column.Results.GetValueOrDefault(name), notes)}").Prepend($"| {name}")).Append(" |\n");
        }

        if (notes.Count > 0)
        {
            text.Append('\n');
        }

        for (var i = 0; i < notes.Count; i++)
        {
            text.Append(i + 1).Append(". ").Append(notes[i]).Append('\n');
        }

        return text.ToString();
    }

    /// <summary>Compares a table with the one in the README; with UPDATE_GOLDEN=1, writes it there.</summary>
    public static void Verify(string name, string table)
    {
        lock (s_readmeLock)
        {
            var readme = File.ReadAllText(s_readme);
            var (start, end) = Find(readme, name);
            if (Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1")
            {
                File.WriteAllText(s_readme, $"{readme[..start]}{table}{readme[end..]}");
            }
            else
            {
                Assert.Equal(readme[start..end], table);
            }
        }
    }

    private static (int Start, int End) Find(string document, string name)
    {
        var begin = $"<!-- {name}: written by the test run -->\n";
        var start = document.IndexOf(begin, StringComparison.Ordinal);
        var end = document.IndexOf($"<!-- end of {name} -->", StringComparison.Ordinal);
        return start >= 0 && end > start ? (start + begin.Length, end) : throw new InvalidDataException($"The document has no place for the table '{name}'.");
    }

    private static string Cell(CaseResult? result, List<string> notes) => result switch
    {
        null => "not run",
        { Outcome: CaseOutcome.Pass } => "✓",
        { Outcome: CaseOutcome.Part } => $"in part ({Note(result.Detail, notes)})",
        { Outcome: CaseOutcome.None } => $"– ({Note(result.Detail, notes)})",
        _ => "FAILED",
    };

    private static int Note(string text, List<string> notes)
    {
        if (!notes.Contains(text))
        {
            notes.Add(text);
        }

        return notes.IndexOf(text) + 1;
    }
}
