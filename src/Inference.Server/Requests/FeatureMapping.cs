using Inference.Recommendations.Features;
using Wire = Recsys.V1;

namespace Inference.Server.Requests;

/// <summary>Feature values of the contract as feature values of the domain. Lists are not copied: the domain's value reads the message's own list.</summary>
internal static class FeatureMapping
{
    /// <summary>The kind of a value on the wire; <see cref="FeatureKind.None"/> when none is set.</summary>
    public static FeatureKind KindOf(Wire.FeatureValue value) => value.KindCase switch
    {
        Wire.FeatureValue.KindOneofCase.StringValue => FeatureKind.Text,
        Wire.FeatureValue.KindOneofCase.IntValue => FeatureKind.Integer,
        Wire.FeatureValue.KindOneofCase.FloatValue => FeatureKind.Number,
        Wire.FeatureValue.KindOneofCase.StringList => FeatureKind.TextList,
        Wire.FeatureValue.KindOneofCase.IntList => FeatureKind.IntegerList,
        Wire.FeatureValue.KindOneofCase.FloatList => FeatureKind.NumberList,
        _ => FeatureKind.None,
    };

    /// <summary>Whether the value holds no NaN and no infinity.</summary>
    public static bool IsFinite(Wire.FeatureValue value)
    {
        if (value.KindCase == Wire.FeatureValue.KindOneofCase.FloatValue)
            return double.IsFinite(value.FloatValue);
        if (value.KindCase != Wire.FeatureValue.KindOneofCase.FloatList)
            return true;
        for (int i = 0; i < value.FloatList.Values.Count; i++)
        {
            if (!double.IsFinite(value.FloatList.Values[i]))
                return false;
        }

        return true;
    }

    /// <summary>The value in the domain. The message must have passed <see cref="RequestRules"/>.</summary>
    public static FeatureValue ToDomain(Wire.FeatureValue value) => value.KindCase switch
    {
        Wire.FeatureValue.KindOneofCase.StringValue => FeatureValue.Of(value.StringValue),
        Wire.FeatureValue.KindOneofCase.IntValue => FeatureValue.Of(value.IntValue),
        Wire.FeatureValue.KindOneofCase.FloatValue => FeatureValue.Of(value.FloatValue),
        Wire.FeatureValue.KindOneofCase.StringList => FeatureValue.Of((IReadOnlyList<string>)value.StringList.Values),
        Wire.FeatureValue.KindOneofCase.IntList => FeatureValue.Of((IReadOnlyList<long>)value.IntList.Values),
        Wire.FeatureValue.KindOneofCase.FloatList => FeatureValue.Of((IReadOnlyList<double>)value.FloatList.Values),
        _ => default,
    };

    /// <summary>The value on the wire; without a kind where it is <see cref="FeatureKind.None"/>.</summary>
    public static Wire.FeatureValue ToWire(FeatureValue value) => value.Kind switch
    {
        FeatureKind.Text => new() { StringValue = value.Text },
        FeatureKind.Integer => new() { IntValue = value.Integer },
        FeatureKind.Number => new() { FloatValue = value.Number },
        FeatureKind.TextList => new() { StringList = new() { Values = { value.TextList } } },
        FeatureKind.IntegerList => new() { IntList = new() { Values = { value.IntegerList } } },
        FeatureKind.NumberList => new() { FloatList = new() { Values = { value.NumberList } } },
        _ => new(),
    };
}
