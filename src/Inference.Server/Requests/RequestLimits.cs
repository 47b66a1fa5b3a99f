namespace Inference.Server.Requests;

/// <summary>The limits that the contract (protos/recsys/v1) states for requests.</summary>
internal static class RequestLimits
{
    /// <summary>Bytes of UTF-8 in the id of a user or an item.</summary>
    public const int IdBytes = 256;

    /// <summary>Bytes of UTF-8 in a request id.</summary>
    public const int RequestIdBytes = 128;

    /// <summary>Bytes of UTF-8 in the cursor of an element of a stream.</summary>
    public const int CursorBytes = 256;

    public const int RecentItems = 1_000;

    /// <summary>Ids in an exclusion or allow list.</summary>
    public const int ListedItems = 10_000;

    /// <summary>Items in question of SimilarItems.</summary>
    public const int SimilarItems = 100;

    /// <summary>Items of one call that changes the catalogue.</summary>
    public const int ChangedItems = 1_024;

    /// <summary>Bytes of UTF-8 in an item's title, and in the name of a feature or attribute.</summary>
    public const int TitleBytes = 2_048, NameBytes = 256;

    /// <summary>Features of an item, and attributes.</summary>
    public const int FeaturesOfItem = 256;

    /// <summary>Users or items of one call that embeds them.</summary>
    public const int Embedded = 1_024;

    /// <summary>Events of one call that records them.</summary>
    public const int Events = 1_024;

    /// <summary>Bytes of UTF-8 in the id of an event.</summary>
    public const int EventIdBytes = 128;

    /// <summary>Caps, pins and boosts of one slate.</summary>
    public const int Caps = 8, Pins = 100, Boosts = 16;

    /// <summary>Bytes of UTF-8 in the name of a boost.</summary>
    public const int BoostNameBytes = 64;
}
