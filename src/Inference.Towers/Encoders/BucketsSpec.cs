using System.Numerics;
using Inference.Recommendations.Features;

namespace Inference.Towers.Encoders;

/// <summary>
/// The bucket of a number among sorted boundaries, as an id or one-hot. Shape [batch] or [batch, 1]; one-hot [batch, boundaries + 1].
/// </summary>
public sealed record BucketsSpec : EncoderSpec
{
    /// <summary>The feature: a real or whole number. One-hot also takes the finished vector, a list of boundaries + 1 numbers.</summary>
    public string? Feature { get; init; }

    /// <summary>Ascending boundaries; n of them make n + 1 buckets.</summary>
    public IReadOnlyList<double>? Boundaries { get; init; }

    /// <summary>
    /// Where a number that equals a boundary goes, as in NumPy's searchsorted: "left" (the default) counts the boundaries below the number, so it goes under the boundary;
    /// "right" counts those at or below, so it goes above.
    /// </summary>
    public string? Side { get; init; }

    /// <summary>Whether the buckets are one-hot; false when absent.</summary>
    public bool? OneHot { get; init; }

    /// <summary>Id of the first bucket; 0 when absent. Not with one-hot.</summary>
    public long? FirstId { get; init; }

    /// <summary>Id when the feature is not there; 0 when absent. One-hot then is all zeros.</summary>
    public long? Missing { get; init; }

    internal override int? Width => OneHot == true ? (Boundaries?.Count ?? 0) + 1 : 1;

    internal override void Check(SpecCheck check)
    {
        if (OneHot == true)
            check.Reads(Feature, FeatureKind.Number, FeatureKind.Integer, FeatureKind.IntegerList, FeatureKind.NumberList);
        else
            check.Reads(Feature, FeatureKind.Number, FeatureKind.Integer);
        check.OneOf(Side, "side", "left", "right");
        if (OneHot == true && (FirstId is not null || Missing is not null))
            check.Error("'first_id' and 'missing' are for ids; one-hot has no use for them.");
        if (Boundaries is null || Boundaries.Count == 0)
            check.Error("'boundaries' is missing or empty.");
        else if (Boundaries.Count >= SpecCheck.MaxWidth)
            check.Error($"'boundaries' has {Boundaries.Count} numbers; {SpecCheck.MaxWidth - 1} are the limit.");
        for (int i = 0; i < Boundaries?.Count; i++)
        {
            if (!double.IsFinite(Boundaries[i]) || (i > 0 && !(Boundaries[i] > Boundaries[i - 1])))
            {
                check.Error($"'boundaries' must be finite and ascending; number {i} is not.");
                break;
            }
        }
    }

    internal override InputEncoder<T> Create<T>(int width, EncoderScope scope)
    {
        double[] boundaries = [.. Boundaries!];
        bool right = Side == "right";
        return OneHot == true
            ? new OneHotBucketsEncoder<T>(Feature!, boundaries, right)
            : new BucketsEncoder<T>(Feature!, boundaries, right, FirstId ?? 0, Element.Of<T>(Missing ?? 0));
    }

    /// <summary>How many boundaries are below a number, or at or below it.</summary>
    internal static int BucketOf(ReadOnlySpan<double> boundaries, double number, bool right)
    {
        int low = 0, high = boundaries.Length;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (boundaries[middle] < number || (right && boundaries[middle] == number))
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }
}
