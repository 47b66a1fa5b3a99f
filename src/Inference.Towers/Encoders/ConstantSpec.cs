using System.Numerics;

namespace Inference.Towers.Encoders;

/// <summary>The same numbers for every row, for inputs that training needed and serving does not. Shape [batch, values], or [batch] for one.</summary>
public sealed record ConstantSpec : EncoderSpec
{
    /// <summary>The numbers. Required.</summary>
    public IReadOnlyList<double>? Values { get; init; }

    internal override int? Width => Values?.Count;

    internal override void Check(SpecCheck check)
    {
        if (Values is null || Values.Count == 0)
            check.Error("'values' is missing or empty.");
        else if (Values.Count > SpecCheck.MaxWidth)
            check.Error($"'values' has {Values.Count} numbers; {SpecCheck.MaxWidth} are the limit.");
    }

    internal override InputEncoder<T> Create<T>(int width, EncoderScope scope) => new ConstantEncoder<T>([.. Values!.Select(Element.Of<T>)]);
}
