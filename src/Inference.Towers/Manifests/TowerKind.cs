namespace Inference.Towers.Manifests;

/// <summary>What rows a model of a bundle has.</summary>
internal enum TowerKind
{
    /// <summary>Users.</summary>
    User,

    /// <summary>Items.</summary>
    Item,

    /// <summary>A user and an item each.</summary>
    Ranker,
}

/// <summary>What models are called.</summary>
internal static class TowerKinds
{
    /// <summary>The field of the manifest, and the part in messages and status.</summary>
    public static string PartOf(this TowerKind kind) => kind switch
    {
        TowerKind.User => "user_tower",
        TowerKind.Item => "item_tower",
        _ => "ranker",
    };

    /// <summary>The tag of metrics.</summary>
    public static string TagOf(this TowerKind kind) => kind switch
    {
        TowerKind.User => "user",
        TowerKind.Item => "item",
        _ => "ranker",
    };
}
