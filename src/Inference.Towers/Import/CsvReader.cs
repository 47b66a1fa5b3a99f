using System.Text;
using Inference.Towers.Bundles;

namespace Inference.Towers.Import;

/// <summary>
/// Reads comma-separated values as text, for tables that fit easily: see <see cref="Utf8CsvReader"/> for the format. Files that end in .gz are unpacked on the way. What is broken ends the
/// reading.
/// </summary>
public sealed class CsvReader : IDisposable
{
    private readonly string _path;
    private readonly Utf8CsvReader _rows;
    private readonly Dictionary<string, int> _columns = new(StringComparer.Ordinal);

    /// <param name="path">A .csv or .csv.gz file.</param>
    /// <param name="hasHeader">Whether the first line names the columns.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="InvalidDataException">There should be a header but there is none, or a column is there twice.</exception>
    public CsvReader(string path, bool hasHeader = true)
    {
        _path = path;
        Stream file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1, FileOptions.SequentialScan);
        if (path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase))
            file = new GzipFileStream(file);
        _rows = new Utf8CsvReader(file);
        if (hasHeader)
            ReadHeader();
    }

    /// <summary>Number of the line, from 1, where the current row begins.</summary>
    public long Line => _rows.Line;

    /// <summary>Names of the columns, in order; empty without a header.</summary>
    public IReadOnlyList<string> Columns { get; private set; } = [];

    /// <summary>A field of the current line, by place; empty where the line is shorter.</summary>
    public string this[int column] => column < _rows.Count ? Encoding.UTF8.GetString(_rows[column]) : "";

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
        try
        {
            if (!_rows.Read())
                return false;
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException($"{_path}: {e.Message}", e);
        }

        return _rows.Fault is { } fault ? throw Invalid($"{fault}.") : true;
    }

    /// <summary>What to say about something wrong in the current line.</summary>
    public InvalidDataException Invalid(string what) => new($"{_path}, line {Line}: {what}");

    public void Dispose() => _rows.Dispose();

    private void ReadHeader()
    {
        try
        {
            if (!Read())
                throw new InvalidDataException($"{_path}: the file is empty.");
            var columns = new string[_rows.Count];
            for (int i = 0; i < columns.Length; i++)
            {
                columns[i] = this[i];
                if (!_columns.TryAdd(columns[i], i))
                    throw new InvalidDataException($"{_path}: the column '{columns[i]}' is there twice.");
            }

            Columns = columns;
        }
        catch
        {
            Dispose();
            throw;
        }
    }
}
