namespace Inference.Training.Data;

/// <summary>What the fields of a column are.</summary>
public enum ColumnType
{
    /// <summary>Every field is empty.</summary>
    Empty = 0,

    /// <summary>Whole numbers.</summary>
    Integer,

    /// <summary>Real numbers.</summary>
    Real,

    /// <summary>Texts of which many rows share one.</summary>
    Category,

    /// <summary>Several categories with '|' between.</summary>
    CategoryList,

    /// <summary>Words that people wrote.</summary>
    Text,

    /// <summary>Points of time: ISO 8601, or seconds or milliseconds since 1970 in a column whose name says so.</summary>
    Timestamp,
}
