namespace Inference.Towers.Bundles;

/// <summary>The steps of loading a bundle, in their order.</summary>
public enum BundleLoadStage
{
    /// <summary>The manifest is read and the files are hashed.</summary>
    Verify,

    /// <summary>The catalogue is read.</summary>
    Items,

    /// <summary>The models are opened and held against the manifest.</summary>
    Towers,

    /// <summary>Item embeddings are read or computed.</summary>
    Embeddings,

    /// <summary>The index is mapped or built.</summary>
    Index,

    /// <summary>Profiles, popularity and users are read.</summary>
    Audience,

    /// <summary>The golden cases are answered.</summary>
    Golden,

    /// <summary>The towers run once at their usual sizes.</summary>
    WarmUp,

    /// <summary>The items are brought to the device that searches them, where one does.</summary>
    Device,
}
