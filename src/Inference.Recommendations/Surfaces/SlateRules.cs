namespace Inference.Recommendations.Surfaces;

/// <summary>How a slate is made up of the best candidates: those of a surface, with what a request says instead.</summary>
public sealed record SlateRules
{
    /// <summary>Largest amount of a boost, either way.</summary>
    public const double MostBoost = 100;

    /// <summary>Order by relevance alone.</summary>
    public static SlateRules None { get; } = new();

    /// <summary>1 − lambda of maximal marginal relevance, in [0, 1]; 0 for relevance alone.</summary>
    public double Diversity { get; init; }

    /// <summary>Most items with the same value of an attribute.</summary>
    public IReadOnlyList<AttributeCap> Caps { get; init; } = [];

    /// <summary>Items with a place of their own; no two with the same place or item.</summary>
    public IReadOnlyList<Pin> Pins { get; init; } = [];

    /// <summary>Groups of items that are moved up or down.</summary>
    public IReadOnlyList<Boost> Boosts { get; init; } = [];

    /// <summary>The mix of popular and niche items.</summary>
    public Calibration Calibration { get; init; } = Calibration.Off;

    /// <summary>Attribute that the coverage of a reply is of; empty for none.</summary>
    public string CoverageAttribute { get; init; } = "";

    /// <summary>Whether anything but the order of scores makes the slate.</summary>
    public bool AreSet => Diversity > 0 || Caps.Count > 0 || Pins.Count > 0 || Boosts.Count > 0 || Calibration.Strength > 0;
}

/// <summary>At most <paramref name="Most"/> items of a slate have the same value of an attribute.</summary>
/// <param name="Attribute">Name of the attribute.</param>
/// <param name="Most">At least 1.</param>
public sealed record AttributeCap(string Attribute, int Most);

/// <summary>An item that stands at a place where it may be shown at all.</summary>
/// <param name="ItemId">Id of the item.</param>
/// <param name="Rank">From 1.</param>
public sealed record Pin(string ItemId, int Rank);

/// <summary>How strongly the share of popular items in a slate is drawn to a wanted one.</summary>
/// <param name="Strength">In [0, 1]; 0 for not at all.</param>
/// <param name="PopularShare">In [0, 1]; null for that of the user's history, drawn towards that of all users.</param>
public sealed record Calibration(double Strength, double? PopularShare = null)
{
    /// <summary>Not at all.</summary>
    public static Calibration Off { get; } = new(0);
}
