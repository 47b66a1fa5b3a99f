namespace Inference.Recommendations.Filters.Syntax;

/// <summary>What a value of an expression is.</summary>
internal enum FilterValueKind
{
    /// <summary>A text.</summary>
    Text,

    /// <summary>A number.</summary>
    Number,

    /// <summary>True or false.</summary>
    Boolean,

    /// <summary>A time, in seconds since 1970.</summary>
    Time,
}

/// <summary>A value that attributes are compared with.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Position">Characters before it.</param>
/// <param name="Text">The text.</param>
/// <param name="Number">The number; 1 for true and 0 for false; seconds since 1970, or from now on.</param>
/// <param name="IsFromNow">Whether <paramref name="Number"/> counts from the moment of the request.</param>
internal sealed record FilterValue(FilterValueKind Kind, int Position, string Text = "", double Number = 0, bool IsFromNow = false)
{
    /// <summary>The number at a moment in seconds since 1970.</summary>
    public double At(double moment) => IsFromNow ? moment + Number : Number;

    /// <summary>For messages.</summary>
    public string Describe() => Kind switch
    {
        FilterValueKind.Text => "a text",
        FilterValueKind.Number => "a number",
        FilterValueKind.Boolean => "true or false",
        _ => "a time",
    };
}
