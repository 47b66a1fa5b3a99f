using Inference.Server.Options;

namespace Inference.Server.Models;

/// <summary>Which versions of a folder are served.</summary>
internal enum PolicyKind
{
    /// <summary>The highest one; a higher one that comes replaces it.</summary>
    Latest,

    /// <summary>Those that are named; the highest of them is active, the others can be pinned.</summary>
    Specific,

    /// <summary>All that are there; the highest one is active, the others can be pinned.</summary>
    All,

    /// <summary>None but those that ModelService loads and activates.</summary>
    Explicit,
}

/// <summary>The meaning of <see cref="BundleOptions.Version"/>.</summary>
/// <param name="Kind">Which versions.</param>
/// <param name="Named">Their names, for <see cref="PolicyKind.Specific"/>.</param>
internal sealed record VersionPolicy(PolicyKind Kind, IReadOnlyList<string> Named)
{
    public const string Latest = "latest";
    private const string All = "all";
    private const string Explicit = "explicit";

    public static VersionPolicy Parse(string text) => text switch
    {
        Latest => new VersionPolicy(PolicyKind.Latest, []),
        All => new VersionPolicy(PolicyKind.All, []),
        Explicit => new VersionPolicy(PolicyKind.Explicit, []),
        _ => Of(text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)),
    };

    public static VersionPolicy Of(params IReadOnlyList<string> named) => new(PolicyKind.Specific, named);
}
