using Inference.Recommendations.Features;
using Inference.Towers.Bundles;
using Inference.Towers.Manifests;

namespace Inference.Towers.Encoders;

/// <summary>What a specification is checked against, and where its faults go.</summary>
/// <param name="Problems">Receives what is wrong.</param>
/// <param name="Where">The specification's place in the manifest.</param>
/// <param name="OfUsers">Whether it belongs to the user tower.</param>
/// <param name="History">The tower's history layout, if it has one.</param>
/// <param name="Features">Receives the features that are read.</param>
internal readonly record struct SpecCheck(BundleProblems Problems, string Where, bool OfUsers, HistoryManifest? History, FeatureDeclarations Features)
{
    /// <summary>Longest list of values, boundaries or columns that a manifest may hold.</summary>
    public const int MaxValues = 1_000_000;

    /// <summary>Widest row that one input may have.</summary>
    public const int MaxWidth = 65_536;

    /// <summary>Receives the features of items that a ranking model reads; null for towers.</summary>
    public FeatureDeclarations? ItemFeatures { get; init; }

    /// <summary>Whether it belongs to a ranking model, whose rows are pairs of a user and an item.</summary>
    public bool OfPairs => ItemFeatures is not null;

    public void Error(string what) => Problems.Add(Where, what);

    /// <summary>Declares that a feature is read as one of these kinds.</summary>
    public void Reads(string? feature, params ReadOnlySpan<FeatureKind> kinds)
    {
        if (string.IsNullOrEmpty(feature))
            Error("'feature' is missing: the name of the feature to read.");
        else
            Features.Add(feature, kinds.ToArray(), Problems, Where);
    }

    /// <summary>Checks a list of distinct texts.</summary>
    public void Distinct(IReadOnlyList<string>? values, string field)
    {
        if (values is null || values.Count == 0)
        {
            Error($"'{field}' is missing or empty.");
            return;
        }

        if (values.Count > MaxValues)
            Error($"'{field}' has {values.Count} values; {MaxValues} are the limit.");
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (string? value in values)
        {
            if (value is null)
                Error($"'{field}' has a null.");
            else if (!seen.Add(value))
                Error($"'{field}' has '{value}' twice.");
        }
    }

    public void OneOf(string? value, string field, params ReadOnlySpan<string> choices)
    {
        if (value is null)
            return;
        foreach (string choice in choices)
        {
            if (choice == value)
                return;
        }

        Error($"'{field}' is '{value}'; it can be {string.Join(", ", choices.ToArray().Select(choice => $"'{choice}'"))}.");
    }

    public void InRange(long? value, string field, long least, long most)
    {
        if (value < least || value > most)
            Error($"'{field}' is {value}; it can be {least} to {most}.");
    }

    public void Finite(double? value, string field)
    {
        if (value is double number && !double.IsFinite(number))
            Error($"'{field}' is not a finite number.");
    }

    /// <summary>The same for the side that a specification reads.</summary>
    public SpecCheck SideOf(EncoderSpec spec)
    {
        if (spec.Of is null)
            return this;
        if (!OfPairs)
            Error("'of' is for ranking models; a tower reads its own features.");
        OneOf(spec.Of, "of", EncoderSpec.UserSide, EncoderSpec.ItemSide);
        if (spec.Of == EncoderSpec.ItemSide && spec.IsHistory)
            Error("an item has no history.");
        return spec.Of == EncoderSpec.ItemSide && OfPairs ? this with { Features = ItemFeatures! } : this;
    }

    /// <summary>Reports an encoder of pairs where there are none.</summary>
    public void NeedsPairs(string what)
    {
        if (!OfPairs)
            Error($"{what} is for ranking models; a tower sees one side only.");
    }

    /// <summary>Reports a history encoder where there is no history.</summary>
    public void NeedsHistory()
    {
        if (!OfUsers)
            Error("an item has no history; this encoder belongs to the user tower.");
        else if (History?.MaxLength is null)
            Error("the tower has no 'history' with a 'max_length', which this encoder needs.");
    }
}
