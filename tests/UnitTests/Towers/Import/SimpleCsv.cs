using System.Text;

namespace UnitTests.Towers.Import;

/// <summary>Comma-separated values character by character, as a reference that is easy to believe.</summary>
internal static class SimpleCsv
{
    /// <summary>Rows that are not empty; null where a quote is not closed.</summary>
    public static List<string[]>? Parse(string text)
    {
        var rows = new List<string[]>();
        var row = new List<string>();
        var field = new StringBuilder();
        int at = 0;
        while (at < text.Length)
        {
            bool quoted = text[at] == '"';
            if (quoted)
            {
                at++;
                while (true)
                {
                    if (at == text.Length)
                        return null;
                    if (text[at] != '"')
                    {
                        field.Append(text[at++]);
                    }
                    else if (at + 1 < text.Length && text[at + 1] == '"')
                    {
                        field.Append('"');
                        at += 2;
                    }
                    else
                    {
                        at++;
                        break;
                    }
                }
            }

            int end = at;
            while (end < text.Length && text[end] is not (',' or '\n'))
                end++;
            bool endsRow = end == text.Length || text[end] == '\n';
            string rest = text[at..end];
            field.Append(endsRow && rest.EndsWith('\r') ? rest[..^1] : rest);
            row.Add(field.ToString());
            field.Clear();
            at = end + 1;
            if (endsRow)
            {
                Take();
                continue;
            }

            if (at == text.Length)
            {
                row.Add("");
                Take();
            }
        }

        return rows;

        void Take()
        {
            if (row.Count > 1 || row[0].Length > 0)
                rows.Add([.. row]);
            row.Clear();
        }
    }
}
