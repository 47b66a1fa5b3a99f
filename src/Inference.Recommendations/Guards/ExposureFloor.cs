using System.Globalization;
using Inference.Recommendations.Features;

namespace Inference.Recommendations.Guards;

/// <summary>How a value says that an item is in a group.</summary>
public enum GroupTest
{
    /// <summary>It is this value, or a list that has it.</summary>
    Is = 0,

    /// <summary>It is a number below this one.</summary>
    Below,

    /// <summary>It is this number or a higher one.</summary>
    AtLeast,
}

/// <summary>A group of items, and the share of the slots that it has at least.</summary>
/// <param name="Name">Attribute or feature of items, or <see cref="IsNew"/>.</param>
/// <param name="Test">How it is compared.</param>
/// <param name="Value">With what.</param>
/// <param name="Share">In (0, 1].</param>
public sealed record ExposureFloor(string Name, GroupTest Test, string Value, double Share)
{
    /// <summary>The name that stands for items that slots for new items are kept for; its value is "true".</summary>
    public const string IsNew = "is_new";

    private readonly double _number = double.TryParse(Value, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) ? number : double.NaN;

    /// <summary>The group without its share, for example "shop=small".</summary>
    public string Group => $"{Name}{Sign}{Value}";

    /// <summary>Whether membership is that of the pool of new items, which no attribute says.</summary>
    public bool IsOfNewItems => Name == IsNew;

    private string Sign => Test switch { GroupTest.Below => "<", GroupTest.AtLeast => ">=", _ => "=" };

    /// <summary>Reads NAME=VALUE:SHARE, NAME&lt;NUMBER:SHARE or NAME&gt;=NUMBER:SHARE.</summary>
    /// <param name="text">The text.</param>
    /// <param name="problem">What is wrong with it; null where nothing is.</param>
    public static ExposureFloor? Parse(string text, out string? problem)
    {
        int colon = text.LastIndexOf(':'), sign = text.AsSpan().IndexOfAny("=<>");
        if (sign <= 0 || colon < sign)
        {
            problem = $"'{text}' is not of the form NAME=VALUE:SHARE, for example shop=small:0.2";
            return null;
        }

        bool isAtLeast = text.AsSpan(sign).StartsWith(">=");
        GroupTest test = text[sign] == '<' ? GroupTest.Below : isAtLeast ? GroupTest.AtLeast : GroupTest.Is;
        string name = text[..sign].Trim(), value = text[(sign + (isAtLeast ? 2 : 1))..colon].Trim();
        problem = (text[sign] == '>' && !isAtLeast, name.Length == 0 || value.Length == 0, test != GroupTest.Is && !IsNumber(value)) switch
        {
            (true, _, _) => $"'{text}' has '>', which is no comparison; there are '=', '<' and '>='",
            (_, true, _) => $"'{text}' has no name or no value",
            (_, _, true) => $"'{text}' compares with '{value}', which is no number",
            _ => null,
        };
        if (problem is null && name == IsNew && (test != GroupTest.Is || value != "true"))
            problem = $"'{text}': {IsNew} can only be 'true'";
        if (!double.TryParse(text.AsSpan(colon + 1), NumberStyles.Float, CultureInfo.InvariantCulture, out double share) || !(share is > 0 and <= 1))
            problem ??= $"'{text}' has the share '{text[(colon + 1)..]}'; a share is a number above 0 and at most 1";
        return problem is null ? new ExposureFloor(name, test, value, share) : null;
    }

    /// <summary>Whether a value puts its item into the group.</summary>
    public bool Holds(FeatureValue value)
    {
        switch (value.Kind)
        {
            case FeatureKind.Text:
                return Test == GroupTest.Is && value.Text == Value;
            case FeatureKind.Integer:
                return Holds((double)value.Integer);
            case FeatureKind.Number:
                return Holds(value.Number);
            case FeatureKind.TextList:
                for (int i = 0; Test == GroupTest.Is && i < value.TextList.Count; i++)
                {
                    if (value.TextList[i] == Value)
                        return true;
                }

                return false;
            case FeatureKind.IntegerList:
                for (int i = 0; i < value.IntegerList.Count; i++)
                {
                    if (Holds((double)value.IntegerList[i]))
                        return true;
                }

                return false;
            case FeatureKind.NumberList:
                for (int i = 0; i < value.NumberList.Count; i++)
                {
                    if (Holds(value.NumberList[i]))
                        return true;
                }

                return false;
            default:
                return false;
        }
    }

    private static bool IsNumber(string text) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number);

    private bool Holds(double number) => Test switch
    {
        GroupTest.Below => number < _number,
        GroupTest.AtLeast => number >= _number,
        _ => number == _number,
    };
}
