namespace Inference.Training.Data;

/// <summary>A row of a file that was left out.</summary>
/// <param name="Line">Line of the file, from 1.</param>
/// <param name="Reason">Why, in a few words.</param>
public readonly record struct BadRow(long Line, string Reason);

/// <summary>Rows of a file that were left out because they cannot be read.</summary>
public sealed class BadRows
{
    /// <summary>How many are listed; all are counted.</summary>
    public const int MostListed = 20;

    private readonly List<BadRow> _first = [];

    public long Count { get; private set; }

    /// <summary>The first <see cref="MostListed"/>.</summary>
    public IReadOnlyList<BadRow> First => _first;

    internal bool NeedsReason => _first.Count < MostListed;

    internal void Add(long line, string reason)
    {
        Count++;
        if (NeedsReason)
            _first.Add(new BadRow(line, reason));
    }

    /// <exception cref="InvalidDataException">More than a share of the rows is bad.</exception>
    internal void Check(string path, long goodRows, double mostShare)
    {
        long all = goodRows + Count;
        if (Count <= all * mostShare)
            return;
        string list = string.Join("; ", _first.Take(5).Select(row => $"line {row.Line}: {row.Reason}"));
        throw new InvalidDataException($"{path}: {Count} of {all} rows cannot be read, and at most {mostShare:P1} may be bad. {list}{(Count > 5 ? "; …" : "")}");
    }
}
