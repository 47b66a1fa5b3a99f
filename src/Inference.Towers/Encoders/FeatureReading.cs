using Inference.Recommendations.Features;

namespace Inference.Towers.Encoders;

/// <summary>Reads features in the forms that encoders need.</summary>
internal static class FeatureReading
{
    /// <summary>A whole or real number.</summary>
    public static bool TryGetNumber(this in TowerRow row, string feature, out double number)
    {
        number = 0;
        if (!row.Features.TryGet(feature, out FeatureValue value))
            return false;
        switch (value.Kind)
        {
            case FeatureKind.Integer:
                number = value.Integer;
                return true;
            case FeatureKind.Number:
                number = value.Number;
                return true;
            default:
                return false;
        }
    }

    /// <summary>A whole number.</summary>
    public static bool TryGetInteger(this in TowerRow row, string feature, out long number)
    {
        number = 0;
        if (!row.Features.TryGet(feature, out FeatureValue value) || value.Kind != FeatureKind.Integer)
            return false;
        number = value.Integer;
        return true;
    }
}
