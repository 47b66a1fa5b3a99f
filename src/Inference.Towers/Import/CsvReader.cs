using System.Text;
using Inference.Towers.Bundles;

namespace Inference.Towers.Import;

/// <summary>
/// Reads comma-separated values (RFC 4180): quoted fields may hold commas, quotes and line breaks; lines end with LF or CRLF. Files that end in .gz are unpacked on
/// the way. Empty lines are skipped.
/// </summary>
public sealed class CsvReader : IDisposable
{
    /// <summary>Longest field, in characters: more is a quote that nobody closed.</summary>
    private const int MaxField = 1 << 20;

    private readonly string _path;
    private readonly StreamReader _reader;
    private readonly List<string> _fields = [];
    private readonly StringBuilder _field = new();
    private readonly Dictionary<string, int> _columns = new(StringComparer.Ordinal);

    /// <param name="path">A .csv or .csv.gz file.</param>
    /// <param name="hasHeader">Whether the first line names the columns.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="InvalidDataException">There should be a header but there is none, or a column is there twice.</exception>
    public CsvReader(string path, bool hasHeader = true)
    {
        _path = path;
        Stream file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.SequentialScan);
        if (path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase))
            file = new GzipFileStream(file);
        _reader = new StreamReader(file, new UTF8Encoding(false, throwOnInvalidBytes: false), detectEncodingFromByteOrderMarks: true, 1 << 16);
        if (hasHeader)
            ReadHeader();
    }

    /// <summary>Number of the current line, from 1.</summary>
    public int Line { get; private set; }

    /// <summary>Names of the columns, in order; empty without a header.</summary>
    public IReadOnlyList<string> Columns { get; private set; } = [];

    /// <summary>A field of the current line, by place; empty where the line is shorter.</summary>
    public string this[int column] => column < _fields.Count ? _fields[column] : "";

    /// <summary>Place of a column; -1 when there is none of this name.</summary>
    public int Find(string column) => _columns.GetValueOrDefault(column, -1);

    /// <summary>Place of a column that has to be there.</summary>
    /// <exception cref="InvalidDataException">It is not.</exception>
    public int Require(string column) =>
        _columns.TryGetValue(column, out int place) ? place : throw new InvalidDataException($"{_path}: there is no column '{column}'; there are {string.Join(", ", Columns)}.");

    /// <summary>Goes to the next line; false at the end.</summary>
    /// <exception cref="InvalidDataException">A quote is not closed, or the compressed file is damaged or cut.</exception>
    public bool Read()
    {
        while (ReadLine())
        {
            if (_fields.Count > 1 || _fields[0].Length > 0)
                return true;
        }

        return false;
    }

    /// <summary>What to say about something wrong in the current line.</summary>
    public InvalidDataException Invalid(string what) => new($"{_path}, line {Line}: {what}");

    public void Dispose() => _reader.Dispose();

    private void ReadHeader()
    {
        if (!Read())
            throw new InvalidDataException($"{_path}: the file is empty.");
        Columns = [.. _fields];
        for (int i = 0; i < Columns.Count; i++)
        {
            if (!_columns.TryAdd(Columns[i], i))
                throw new InvalidDataException($"{_path}: the column '{Columns[i]}' is there twice.");
        }
    }

    private bool ReadLine()
    {
        _fields.Clear();
        int next = Next();
        if (next < 0)
            return false;
        Line++;
        while (true)
        {
            next = next == '"' ? ReadQuoted() : ReadPlain(next);
            _fields.Add(_field.ToString());
            _field.Clear();
            if (next != ',')
                return true;
            next = Next();
            if (next < 0)
            {
                _fields.Add("");
                return true;
            }
        }
    }

    /// <summary>Reads up to the end of a field and returns what ended it: a comma, a line feed, or -1.</summary>
    private int ReadPlain(int next)
    {
        while (next is not (',' or '\n' or < 0))
        {
            if (next == '\r' && _reader.Peek() == '\n')
                return Next();
            Append((char)next);
            next = Next();
        }

        return next;
    }

    private int ReadQuoted()
    {
        int opened = Line;
        while (true)
        {
            int next = Next();
            if (next < 0)
                throw new InvalidDataException($"{_path}, line {opened}: a quote is not closed.");
            if (next == '\n')
                Line++;
            if (next != '"')
            {
                Append((char)next);
                continue;
            }

            next = Next();
            if (next != '"')
                return ReadPlain(next);
            Append('"');
        }
    }

    private int Next()
    {
        try
        {
            return _reader.Read();
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException($"{_path}: {e.Message}", e);
        }
    }

    private void Append(char c)
    {
        if (_field.Length == MaxField)
            throw new InvalidDataException($"{_path}, line {Line}: a field has more than {MaxField} characters; is a quote not closed?");
        _field.Append(c);
    }
}
