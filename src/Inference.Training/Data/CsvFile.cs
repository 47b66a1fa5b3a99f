using System.Text;
using Inference.Towers.Bundles;
using Inference.Towers.Import;

namespace Inference.Training.Data;

/// <summary>A .csv or .csv.gz file with a header, read as bytes; what is packed is unpacked on a thread of its own.</summary>
internal sealed class CsvFile : IDisposable
{
    private readonly FileStream _file;
    private readonly Dictionary<string, int> _places = new(StringComparer.Ordinal);

    /// <exception cref="InvalidDataException">There is no header, or a column is there twice.</exception>
    public CsvFile(string path)
    {
        Path = path;
        _file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1, FileOptions.SequentialScan);
        Rows = new Utf8CsvReader(path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? new ReadAheadStream(new GzipFileStream(_file)) : _file);
        try
        {
            Columns = ReadHeader();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public string Path { get; }

    public Utf8CsvReader Rows { get; }

    /// <summary>Names of the columns, in order.</summary>
    public IReadOnlyList<string> Columns { get; }

    /// <summary>How much of the file has been read, 0 to 1.</summary>
    public double Done => _file.Length == 0 ? 1 : Math.Min(1, (double)_file.Position / _file.Length);

    /// <summary>Path of a file of a folder, plain or packed; null when it is there in neither form.</summary>
    public static string? Find(string folder, string name)
    {
        string plain = System.IO.Path.Combine(folder, name), packed = plain + ".gz";
        return File.Exists(plain) ? plain : File.Exists(packed) ? packed : null;
    }

    /// <summary>Place of a column; -1 when there is none of this name.</summary>
    public int Find(string column) => _places.GetValueOrDefault(column, -1);

    /// <summary>Places of columns that have to be there.</summary>
    /// <exception cref="InvalidDataException">One is not; the message names all that are missing, and what is there.</exception>
    public int[] Require(params ReadOnlySpan<string> columns)
    {
        int[] places = new int[columns.Length];
        var missing = new List<string>();
        for (int i = 0; i < columns.Length; i++)
        {
            places[i] = Find(columns[i]);
            if (places[i] < 0)
                missing.Add(columns[i]);
        }

        return missing.Count == 0 ? places : throw Invalid($"there is no column {string.Join(", ", missing)}; there are {string.Join(", ", Columns)}.");
    }

    /// <summary>Goes to the next row; false at the end. A row that cannot be used is counted and passed over.</summary>
    /// <exception cref="InvalidDataException">The packed file is damaged or cut.</exception>
    public bool Read(BadRows bad)
    {
        while (ReadAny())
        {
            if (Rows.Fault is { } fault)
                bad.Add(Rows.Line, fault);
            else if (Rows.Count != Columns.Count)
                bad.Add(Rows.Line, bad.NeedsReason ? $"{Rows.Count} fields where the header has {Columns.Count}" : "");
            else
                return true;
        }

        return false;
    }

    public InvalidDataException Invalid(string what) => new($"{Path}: {what}");

    public void Dispose() => Rows.Dispose();

    private bool ReadAny()
    {
        try
        {
            return Rows.Read();
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException($"{Path}: {e.Message}", e);
        }
    }

    private string[] ReadHeader()
    {
        if (!ReadAny())
            throw Invalid("the file is empty.");
        if (Rows.Fault is { } fault)
            throw Invalid($"the header cannot be read: {fault}.");
        var columns = new string[Rows.Count];
        for (int i = 0; i < columns.Length; i++)
        {
            columns[i] = Encoding.UTF8.GetString(Rows[i]).Trim();
            if (!_places.TryAdd(columns[i], i))
                throw Invalid($"the column '{columns[i]}' is there twice.");
        }

        return columns;
    }
}
