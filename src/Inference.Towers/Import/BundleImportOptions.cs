namespace Inference.Towers.Import;

/// <summary>What is imported.</summary>
public sealed record BundleImportOptions
{
    /// <summary>Folder with the exported towers.</summary>
    public required string Towers { get; init; }

    /// <summary>Folder with the data that they were trained on: titles, prices, users and histories. Null: ids only, and no users.</summary>
    public string? Data { get; init; }

    /// <summary>What the folders hold: the name of a description that comes with this program ("online-retail"), or the path of a JSON file.</summary>
    public string Description { get; init; } = "online-retail";

    /// <summary>Version of the bundle.</summary>
    public string Version { get; init; } = "1";

    /// <summary>Whether items that the towers were not trained on are served too.</summary>
    public bool IncludeColdItems { get; init; }
}
