namespace Inference.Training.Data;

/// <summary>How a data folder is read.</summary>
public sealed record DataFolderOptions
{
    /// <summary>Largest share of a file's rows that may be bad.</summary>
    /// <value>0 to 1; 0.01 by default.</value>
    public double MostBadRows { get; init; } = 0.01;
}
