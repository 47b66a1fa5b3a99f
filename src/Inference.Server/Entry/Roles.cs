namespace Inference.Server.Entry;

/// <summary>What a caller may do. Roles do not contain each other; a caller has any number of them.</summary>
[Flags]
internal enum Roles
{
    /// <summary>What everybody may: health, and what a server tells of itself.</summary>
    None = 0,

    /// <summary>Ask for recommendations, embeddings and inference.</summary>
    Serve = 1,

    /// <summary>Record events, forget users.</summary>
    Events = 2,

    /// <summary>Change items.</summary>
    Catalogue = 4,

    /// <summary>Change which versions serve, and read what is kept of users.</summary>
    Admin = 8,

    /// <summary>All of them.</summary>
    All = Serve | Events | Catalogue | Admin,
}
