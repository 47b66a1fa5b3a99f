using System.Numerics;
using Inference.Recommendations.Ports;

namespace Inference.Towers.Encoders;

/// <summary>What is known of user and item together: x · scale + offset. Shape [batch] or [batch, 1]. Of ranking models.</summary>
public sealed record CrossSpec : EncoderSpec
{
    /// <summary>Which number: one of <see cref="CrossFeatures.Names"/>.</summary>
    public string? Value { get; init; }

    /// <summary>Factor; 1 when absent.</summary>
    public double? Scale { get; init; }

    /// <summary>Added after scaling; 0 when absent.</summary>
    public double? Offset { get; init; }

    /// <summary>What the model gets when the number is not known; 0 when absent.</summary>
    public double? Missing { get; init; }

    internal override bool IsOfUser => false;

    internal override uint Cross => CrossFeatures.TryParse(Value, out CrossFeature feature) ? CrossFeatures.SetOf(feature) : 0;

    internal override void Check(SpecCheck check)
    {
        check.NeedsPairs("a number of user and item together");
        if (Of is not null)
            check.Error("'of' has no meaning here: the number is of user and item together.");
        if (!CrossFeatures.TryParse(Value, out _))
            check.Error($"'value' is {(Value is null ? "missing" : $"'{Value}'")}; it can be {string.Join(", ", CrossFeatures.Names.Select(name => $"'{name}'"))}.");
        check.Finite(Scale, "scale");
        check.Finite(Offset, "offset");
        check.Finite(Missing, "missing");
    }

    internal override InputEncoder<T> Create<T>(int width, EncoderScope scope) => CrossFeatures.TryParse(Value, out CrossFeature feature)
        ? new CrossEncoder<T>((int)feature, Scale ?? 1, Offset ?? 0, Element.Of<T>(Missing ?? 0))
        : throw new InvalidOperationException($"'{Value}' is no cross feature; the check comes before.");
}

/// <summary>Writes a scaled and shifted cross feature.</summary>
internal sealed class CrossEncoder<T>(int column, double scale, double offset, T missing) : InputEncoder<T>
    where T : unmanaged, INumberBase<T>
{
    public override void Encode(in TowerRow row, Span<T> destination) =>
        destination[0] = row.Cross[column] is var number && float.IsNaN(number) ? missing : Element.Of<T>((number * scale) + offset);
}
