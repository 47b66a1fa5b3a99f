using System.Numerics;
using Inference.Recommendations.Features;

namespace Inference.Towers.Encoders;

/// <summary>
/// The words of a text by hash: lower-case words of [a-z0-9], each with the id first_id + FNV-1a-32(UTF-8) mod buckets. Shape [batch, length].
/// </summary>
public sealed record HashedTokensSpec : EncoderSpec
{
    /// <summary>The feature: a text, several texts, or a list of finished token ids.</summary>
    public string? Feature { get; init; }

    /// <summary>Number of buckets. Required.</summary>
    public long? Buckets { get; init; }

    /// <summary>How many tokens the model takes; later ones are dropped. Taken from the graph when absent.</summary>
    public int? Length { get; init; }

    /// <summary>Id of bucket 0; 1 when absent.</summary>
    public long? FirstId { get; init; }

    /// <summary>Id of padding; 0 when absent.</summary>
    public long? Pad { get; init; }

    /// <summary>A token that goes before the words.</summary>
    public PrefixTokenSpec? Prefix { get; init; }

    internal override int? Width => Length;

    internal override void Check(SpecCheck check)
    {
        check.Reads(Feature, FeatureKind.Text, FeatureKind.TextList, FeatureKind.IntegerList);
        if (Buckets is null)
            check.Error("'buckets' is missing: the number that hashes are reduced by.");
        check.InRange(Buckets, "buckets", 1, uint.MaxValue);
        check.InRange(Length, "length", 1, SpecCheck.MaxWidth);
        Prefix?.Check(check);
    }

    internal override InputEncoder<T> Create<T>(int width, EncoderScope scope) => new HashedTokensEncoder<T>(Feature!, (uint)Buckets!.Value, FirstId ?? 1, Element.Of<T>(Pad ?? 0), Prefix);
}
