using Inference.Towers.Manifests;

namespace Inference.Towers.Import;

/// <summary>
/// What is particular to one exporter: where its files are, what their columns mean, how its towers are fed. The importer itself knows no exporter; another one needs
/// another description.
/// </summary>
internal sealed record ImportDescription
{
    /// <summary>Name of the bundle.</summary>
    public required string Name { get; init; }

    public string? Description { get; init; }

    public string? Licence { get; init; }

    public string? Producer { get; init; }

    public required int Dimension { get; init; }

    /// <summary>"ip", "cosine" or "l2".</summary>
    public required string Metric { get; init; }

    /// <summary>As in a bundle's manifest; the file lies in the towers' folder.</summary>
    public required TowerManifest UserTower { get; init; }

    /// <summary>As in a bundle's manifest; the file lies in the towers' folder. "dtype" is required, for the columns are checked without the graph.</summary>
    public required TowerManifest ItemTower { get; init; }

    /// <summary>The ranking model, as in a bundle's manifest; the file lies in the towers' folder. Null where there is none.</summary>
    public TowerManifest? Ranker { get; init; }

    /// <summary>File of the towers' folder with golden cases of the ranking model: a JSON list, each as "ranker" of golden.json has them. Null where there are none.</summary>
    public string? RankerGolden { get; init; }

    public required ImportItems Items { get; init; }

    public ImportUsers? Users { get; init; }

    public ImportGolden? Golden { get; init; }
}

/// <summary>Where the items come from.</summary>
internal sealed record ImportItems
{
    /// <summary>Table of the towers' folder with one line per item, in the order that row numbers of the golden cases mean.</summary>
    public required string Table { get; init; }

    /// <summary>Column with the item's id.</summary>
    public required string Id { get; init; }

    /// <summary>Column with the model's id of the item; null when the towers take row numbers.</summary>
    public string? IdInput { get; init; }

    /// <summary>Column that says which items are served; null when all are.</summary>
    public string? Role { get; init; }

    /// <summary>Values of <see cref="Role"/> that are served.</summary>
    public IReadOnlyList<string>? Served { get; init; }

    /// <summary>Values of <see cref="Role"/> that are served when cold items are asked for.</summary>
    public IReadOnlyList<string>? Cold { get; init; }

    /// <summary>Features in the model's own form, from this table.</summary>
    public IReadOnlyList<ImportColumn>? Features { get; init; }

    /// <summary>A table of the data folder with what people know of the items; goes before <see cref="Features"/>, which then checks it.</summary>
    public ImportItemData? Data { get; init; }
}

/// <summary>What the data folder knows of items.</summary>
internal sealed record ImportItemData
{
    public required string Table { get; init; }

    public required string Id { get; init; }

    /// <summary>Column with the title.</summary>
    public string? Title { get; init; }

    public IReadOnlyList<ImportColumn>? Features { get; init; }

    public IReadOnlyList<ImportColumn>? Attributes { get; init; }
}

/// <summary>What the data folder knows of users.</summary>
internal sealed record ImportUsers
{
    public required string Table { get; init; }

    public required string Id { get; init; }

    public IReadOnlyList<ImportColumn>? Features { get; init; }

    /// <summary>Tables of the data folder with the events that histories are made of; the first one that is there counts.</summary>
    public IReadOnlyList<ImportEvents>? Events { get; init; }
}

/// <summary>A table of events.</summary>
internal sealed record ImportEvents
{
    public required string Table { get; init; }

    public required string User { get; init; }

    public required string Item { get; init; }

    /// <summary>Column with a number that orders a user's events; equal ones stay in the order of the file.</summary>
    public required string Order { get; init; }
}

/// <summary>A feature and the column that it comes from.</summary>
internal sealed record ImportColumn
{
    public required string Feature { get; init; }

    public required string Column { get; init; }

    /// <summary>
    /// "text", "integer", "number"; "text_list", "integer_list", "number_list" with '|' between; "time", an ISO 8601 date or time, as seconds since 1970; "hour" (0 to 23) and "weekday" (0 = Monday) of a time in seconds since 1970.
    /// </summary>
    public required string Kind { get; init; }
}

/// <summary>Where the golden cases come from: a JSON file with a list of objects.</summary>
internal sealed record ImportGolden
{
    public required string File { get; init; }

    /// <summary>Field of the file with the list.</summary>
    public required string Cases { get; init; }

    /// <summary>Field of a case with the rows of the history, latest last.</summary>
    public required string HistoryRows { get; init; }

    /// <summary>By input of the user tower: the field of a case with the input's values. Features are found that encode to these.</summary>
    public IReadOnlyDictionary<string, string>? Inputs { get; init; }

    /// <summary>Field of a case with the expected embedding.</summary>
    public required string Embedding { get; init; }

    /// <summary>Field of a case with the rows of the expected best items.</summary>
    public string? TopRows { get; init; }
}
