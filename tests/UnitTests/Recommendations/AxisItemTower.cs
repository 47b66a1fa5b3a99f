using Inference.Recommendations.Features;
using Inference.Recommendations.Ports;

namespace UnitTests.Recommendations;

/// <summary>An item tower for <see cref="World"/>: an item lies on the axis that its feature "axis" names, as far out as its feature "length" says.</summary>
internal sealed class AxisItemTower : IItemTower
{
    public FeatureSchema Features { get; } = new([new("axis", [FeatureKind.Integer]), new("length", [FeatureKind.Number])]);

    /// <summary>Throws what the test wants, given the ids of a batch.</summary>
    public Action<IReadOnlyList<string>>? Encoding { get; set; }

    public static IReadOnlyDictionary<string, FeatureValue> On(int axis, double length) =>
        new Dictionary<string, FeatureValue> { ["axis"] = FeatureValue.Of((long)axis), ["length"] = FeatureValue.Of(length) };

    public ValueTask<EncodeOutcome> EncodeAsync(ReadOnlyMemory<ItemTowerInput> items, Memory<float> embeddings, Urgency urgency, CancellationToken cancellationToken)
    {
        Encoding?.Invoke([.. items.ToArray().Select(item => item.ItemId)]);
        embeddings.Span.Clear();
        for (int i = 0; i < items.Length; i++)
        {
            items.Span[i].Features.TryGet("axis", out FeatureValue axis);
            items.Span[i].Features.TryGet("length", out FeatureValue length);
            embeddings.Span[(3 * i) + (int)axis.Integer] = (float)length.Number;
        }

        return new ValueTask<EncodeOutcome>(EncodeOutcome.Encoded);
    }
}
