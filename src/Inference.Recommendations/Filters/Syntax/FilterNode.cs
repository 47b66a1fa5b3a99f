using System.Collections.Immutable;

namespace Inference.Recommendations.Filters.Syntax;

/// <summary>A part of a filter that is true or false for an item.</summary>
internal abstract record FilterNode
{
    /// <summary>Whether it reads the clock.</summary>
    public virtual bool IsTimed => false;

    /// <summary>Adds the attributes that it reads.</summary>
    public virtual void AddNames(List<AttributeName> names)
    {
    }
}

/// <summary>The name of an attribute, and where it is written.</summary>
internal sealed record AttributeName(string Name, int Position);

/// <summary>How an attribute is compared.</summary>
internal enum FilterComparison
{
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// <summary>True, or false.</summary>
internal sealed record Constant(bool Value) : FilterNode;

/// <summary>All parts are true.</summary>
internal sealed record AllOf(ImmutableArray<FilterNode> Parts) : FilterNode
{
    public override bool IsTimed => Parts.Any(part => part.IsTimed);

    public override void AddNames(List<AttributeName> names)
    {
        foreach (FilterNode part in Parts)
            part.AddNames(names);
    }
}

/// <summary>Some part is true.</summary>
internal sealed record AnyOf(ImmutableArray<FilterNode> Parts) : FilterNode
{
    public override bool IsTimed => Parts.Any(part => part.IsTimed);

    public override void AddNames(List<AttributeName> names)
    {
        foreach (FilterNode part in Parts)
            part.AddNames(names);
    }
}

/// <summary>The part is false.</summary>
internal sealed record Negation(FilterNode Part) : FilterNode
{
    public override bool IsTimed => Part.IsTimed;

    public override void AddNames(List<AttributeName> names) => Part.AddNames(names);
}

/// <summary>The item has the attribute, or lacks it.</summary>
internal sealed record Presence(AttributeName Attribute, bool IsMissing) : FilterNode
{
    public override void AddNames(List<AttributeName> names) => names.Add(Attribute);
}

/// <summary>The attribute, or some element of it, compares so with one of the values. False where the item lacks it, whatever the comparison.</summary>
/// <param name="Attribute">What is compared.</param>
/// <param name="How">With several values <see cref="FilterComparison.Equal"/> or <see cref="FilterComparison.NotEqual"/>, which means that no element is any of them.</param>
/// <param name="Values">At least one.</param>
internal sealed record ValueComparison(AttributeName Attribute, FilterComparison How, ImmutableArray<FilterValue> Values) : FilterNode
{
    public override bool IsTimed => Values.Any(value => value.IsFromNow);

    public override void AddNames(List<AttributeName> names) => names.Add(Attribute);
}

/// <summary>The place of the item lies within a distance of another.</summary>
/// <param name="First">A list of latitude and longitude; where <paramref name="Second"/> is there, the latitude.</param>
/// <param name="Second">The longitude; null where <paramref name="First"/> is both.</param>
/// <param name="Latitude">Degrees, in [−90, 90].</param>
/// <param name="Longitude">Degrees, in [−180, 180].</param>
/// <param name="Metres">The distance along a great circle of a sphere.</param>
internal sealed record Nearness(AttributeName First, AttributeName? Second, double Latitude, double Longitude, double Metres) : FilterNode
{
    public override void AddNames(List<AttributeName> names)
    {
        names.Add(First);
        if (Second is not null)
            names.Add(Second);
    }
}
