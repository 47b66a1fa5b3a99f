using System.Text;
using InteropTests.Cases;

namespace InteropTests.Matrix;

/// <summary>The results as Markdown: a row a case, a column a pairing, and notes that say what could not be expressed.</summary>
internal static class ResultsTable
{
    private const string Begin = "<!-- results: written by the test run -->";
    private const string End = "<!-- end of results -->";

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

        text.Append('\n');
        for (var i = 0; i < notes.Count; i++)
        {
            text.Append(i + 1).Append(". ").Append(notes[i]).Append('\n');
        }

        return text.ToString();
    }

    /// <summary>The part of a document that <see cref="Replace"/> writes.</summary>
    public static string Extract(string document)
    {
        var (start, end) = Find(document);
        return document[start..end];
    }

    /// <summary>The document with another table.</summary>
    public static string Replace(string document, string table)
    {
        var (start, end) = Find(document);
        return $"{document[..start]}{table}{document[end..]}";
    }

    private static (int Start, int End) Find(string document)
    {
        var start = document.IndexOf(Begin, StringComparison.Ordinal);
        var end = document.IndexOf(End, StringComparison.Ordinal);
        return start >= 0 && end > start ? (start + Begin.Length + 1, end) : throw new InvalidDataException($"The document lacks '{Begin}' … '{End}'.");
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
