using Inference.Recommendations.Snapshots;

namespace Inference.Towers.Bundles;

/// <summary>Reads the items of a bundle.</summary>
internal sealed class CatalogueReader : IDisposable
{
    /// <summary>Row numbers are ints, and everything per item has to fit into an array.</summary>
    public const int MaxItems = 50_000_000;

    private const int MaxIdLength = 512;

    /// <summary>Items from whose lines the number of all is estimated.</summary>
    private const int SampleItems = 256;

    /// <summary>Fewer bytes than the line of any useful item, so that an estimate from lines like these stays in bounds.</summary>
    private const int LeastLineBytes = 16;

    private readonly string _file;
    private readonly BundleProblems _problems;
    private readonly ItemIds _ids;
    private readonly ItemContents _contents;
    private readonly ItemLines _lines;

    /// <summary>Numbers of lines that gave no row.</summary>
    private readonly List<int> _without = [];
    private long[] _idInputs;
    private bool _allHaveIds = true;
    private bool _isFinished;
    private readonly Action<string> _unknown;
    private int _last;

    private CatalogueReader(string file, BundleProblems problems, int expected)
    {
        _file = file;
        _problems = problems;
        _ids = new ItemIds(expected);
        _contents = new ItemContents(expected);
        _lines = new ItemLines(_contents);
        _idInputs = new long[expected];
        _unknown = name => _problems.Add($"{_file}:{_last}", $"unknown field '{name}'.");
    }

    /// <summary>Frees what was read, unless it became a catalogue.</summary>
    public void Dispose()
    {
        if (!_isFinished)
            _contents.Dispose();
    }

    /// <summary>The catalogue; null, with the reasons reported, when it cannot be read whole.</summary>
    public static Catalogue? Read(CheckedFile file, BundleProblems problems, CancellationToken cancellationToken)
    {
        int before = problems.Count;
        using FileStream stream = new(file.Path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.SequentialScan);
        using var reader = new CatalogueReader(file.Name, problems, Estimate(stream));
        JsonLines.Read(stream, MaxItems, long.MaxValue, file.Name, problems, reader.Receive, cancellationToken);
        if (problems.Count > before)
            return null;
        if (reader._ids.Count > 0)
            return reader.Finish();
        problems.Add(file.Name, "has no item; a bundle needs at least one.");
        return null;
    }

    /// <summary>About how many lines a file has, from its first ones, so that arrays of that size are made once.</summary>
    private static int Estimate(FileStream stream)
    {
        Span<byte> start = stackalloc byte[64 << 10];
        int read = stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false), lines = 0, end = 0;
        long length = stream.Length;
        stream.Position = 0;
        for (int at; lines < SampleItems && (at = start[end..read].IndexOf((byte)'\n')) >= 0; end += at + 1)
            lines++;
        return lines == 0 ? 1 : (int)Math.Min(MaxItems, length / Math.Max(end / lines, LeastLineBytes) * 21L / 20 + 1);
    }

    private void Receive(int line, ReadOnlySpan<byte> utf8)
    {
        // Lines between are empty; this one has a row if it gets to the end.
        for (int empty = _last + 1; empty < line; empty++)
            _without.Add(empty);
        _last = line;
        int rows = _ids.Count;
        try
        {
            (string? id, long? idInput) = _lines.Read(utf8, _unknown);
            if (string.IsNullOrEmpty(id) || id.Length > MaxIdLength)
                _problems.Add($"{_file}:{line}", $"'id' has {id?.Length ?? 0} characters; it can have 1 to {MaxIdLength}.");
            else if (!_ids.TryAdd(id, out int row))
                _problems.Add($"{_file}:{line}", $"the item '{id}' is there already, in line {LineOf(row)}.");
            else
                Add(row, idInput);
        }
        finally
        {
            if (_ids.Count == rows)
                _without.Add(line);
        }
    }

    private void Add(int row, long? idInput)
    {
        _lines.Add();
        _allHaveIds &= idInput is not null;
        if (!_allHaveIds)
            return;
        if (row == _idInputs.Length)
            Array.Resize(ref _idInputs, Math.Max(1024, row * 2));
        _idInputs[row] = idInput!.Value;
    }

    private int LineOf(int row)
    {
        int line = row + 1;
        foreach (int without in _without)
        {
            if (without > line)
                break;
            line++;
        }

        return line;
    }

    private Catalogue Finish()
    {
        _isFinished = true;
        _ids.Trim();
        _contents.Trim();
        return new Catalogue(new ItemCatalogue(_ids, _contents), _allHaveIds ? Trimmed(_idInputs, _ids.Count) : null);
    }

    /// <summary>A tenth too much is not worth a second array of this size.</summary>
    private static long[] Trimmed(long[] inputs, int count) => inputs.Length - count > count / 10 ? inputs.AsSpan(0, count).ToArray() : inputs;
}
