using System.Collections.Frozen;

namespace Inference.Recommendations.Surfaces;

/// <summary>The surfaces that requests may name. Immutable: a changed file makes another set.</summary>
public sealed class SurfaceSet
{
    private readonly FrozenDictionary<string, Surface> _byName;

    /// <param name="surfaces">No two with the same name.</param>
    /// <param name="defaultName">The surface of requests that name none; empty for the server's default way.</param>
    /// <exception cref="ArgumentException">The default is none of them, or two have one name.</exception>
    public SurfaceSet(IReadOnlyList<Surface> surfaces, string defaultName = "")
    {
        _byName = surfaces.ToFrozenDictionary(surface => surface.Name, StringComparer.Ordinal);
        All = surfaces;
        Names = [.. surfaces.Select(surface => surface.Name)];
        if (defaultName.Length > 0)
            Default = _byName.GetValueOrDefault(defaultName) ?? throw new ArgumentException($"The default surface '{defaultName}' is none of {string.Join(", ", Names)}.", nameof(defaultName));
    }

    /// <summary>No surface at all.</summary>
    public static SurfaceSet Empty { get; } = new([]);

    /// <summary>The surfaces in the order of the file.</summary>
    public IReadOnlyList<Surface> All { get; }

    /// <summary>Their names in that order.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>The surface of requests that name none; null for the server's default way.</summary>
    public Surface? Default { get; }

    /// <summary>The surface that a request means; null for the server's default way, and for a name that there is not.</summary>
    /// <param name="name">As the request has it; may be empty.</param>
    public Surface? Find(string name) => name.Length == 0 ? Default : _byName.GetValueOrDefault(name);

    /// <summary>Whether a request may say this: the name of a surface, or nothing.</summary>
    public bool Knows(string name) => name.Length == 0 || _byName.ContainsKey(name);

    /// <summary>The names of those that rank for a message: "'home', 'cart'"; empty where none does.</summary>
    public string Ranking => string.Join(", ", All.Where(surface => surface.Ranks).Select(surface => $"'{surface.Name}'"));

    /// <summary>The names for a message: "home, cart", or "none".</summary>
    public override string ToString() => Names.Count == 0 ? "none" : string.Join(", ", Names);
}
