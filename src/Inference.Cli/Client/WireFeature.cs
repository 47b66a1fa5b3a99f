using Recsys.V1;
using Plain = Inference.Recommendations.Features;

namespace Inference.Cli.Client;

/// <summary>Feature values as the contract has them.</summary>
internal static class WireFeature
{
    /// <summary>The value on the wire; without a kind where it is <see cref="Plain.FeatureKind.None"/>.</summary>
    public static FeatureValue Of(Plain.FeatureValue value) => value.Kind switch
    {
        Plain.FeatureKind.Text => new FeatureValue { StringValue = value.Text },
        Plain.FeatureKind.Integer => new FeatureValue { IntValue = value.Integer },
        Plain.FeatureKind.Number => new FeatureValue { FloatValue = value.Number },
        Plain.FeatureKind.TextList => new FeatureValue { StringList = new StringList { Values = { value.TextList } } },
        Plain.FeatureKind.IntegerList => new FeatureValue { IntList = new IntList { Values = { value.IntegerList } } },
        Plain.FeatureKind.NumberList => new FeatureValue { FloatList = new FloatList { Values = { value.NumberList } } },
        _ => new FeatureValue(),
    };
}
