namespace Inference.Recommendations.Features;

/// <summary>The kinds of value that a feature can have.</summary>
public enum FeatureKind
{
    /// <summary>No value.</summary>
    None = 0,

    /// <summary>One string: a category or text.</summary>
    Text,

    /// <summary>One whole number.</summary>
    Integer,

    /// <summary>One real number.</summary>
    Number,

    /// <summary>Several strings.</summary>
    TextList,

    /// <summary>Several whole numbers.</summary>
    IntegerList,

    /// <summary>Several real numbers.</summary>
    NumberList,
}
