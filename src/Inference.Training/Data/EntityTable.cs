using System.Globalization;
using System.Text;

namespace Inference.Training.Data;

/// <summary>What a table's column holds, for people.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">What its fields are.</param>
/// <param name="Distinct">How many different ones there are.</param>
/// <param name="Missing">How many rows have none.</param>
public readonly record struct ColumnSummary(string Name, ColumnType Type, int Distinct, int Missing);

/// <summary>Users or items with what is known of them beside their events, by row.</summary>
public sealed class EntityTable
{
    private readonly IdTable _ids;

    internal EntityTable(IdTable ids, IReadOnlyList<EntityColumn> columns, BadRows? badRows = null)
    {
        _ids = ids;
        Columns = columns;
        BadRows = badRows ?? new BadRows();
    }

    /// <summary>Number of rows.</summary>
    public int Count => _ids.Count;

    /// <summary>All columns but the id.</summary>
    public IReadOnlyList<EntityColumn> Columns { get; }

    /// <summary>Rows that were left out.</summary>
    public BadRows BadRows { get; }

    /// <summary>The id of a row; made at every call.</summary>
    public string IdOf(int row) => _ids[row];

    /// <summary>The row of an id; -1 when it is not there.</summary>
    public int Find(string id) => _ids.Find(id);

    /// <summary>All ids, by row.</summary>
    public string[] ToIds() => _ids.ToStrings();

    /// <summary>A column by name; null when there is none.</summary>
    public EntityColumn? Column(string name)
    {
        foreach (EntityColumn column in Columns)
        {
            if (column.Name == name)
                return column;
        }

        return null;
    }

    /// <summary>Per column: name, type, distinct values, missing ones.</summary>
    public IReadOnlyList<ColumnSummary> Describe() => [.. Columns.Select(column => new ColumnSummary(column.Name, column.Type, column.DistinctCount, column.MissingCount))];

    /// <summary>What <see cref="Describe"/> says, as lines of text.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        int width = Columns.Count == 0 ? 0 : Columns.Max(column => column.Name.Length);
        foreach (ColumnSummary column in Describe())
            text.AppendLine(CultureInfo.InvariantCulture, $"{column.Name.PadRight(width)}  {column.Type,-12}  {column.Distinct,9} distinct  {column.Missing,9} missing");
        return text.ToString();
    }
}
