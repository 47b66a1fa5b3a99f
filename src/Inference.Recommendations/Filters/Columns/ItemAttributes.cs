using Inference.Recommendations.Snapshots;

namespace Inference.Recommendations.Filters.Columns;

/// <summary>The kinds of value that the items of a catalogue have had under one name.</summary>
[Flags]
public enum AttributeKinds
{
    /// <summary>No item has had it.</summary>
    None = 0,

    /// <summary>One text.</summary>
    Text = 1,

    /// <summary>One number, whole or not.</summary>
    Number = 2,

    /// <summary>Several texts.</summary>
    TextList = 4,

    /// <summary>Several numbers.</summary>
    NumberList = 8,
}

/// <summary>
/// The attributes that filters may name, and of which kind they are: those that any item of the catalogue has, or has had since the bundle was loaded. Grows as items come and never shrinks, so that a filter that was valid stays so when the
/// last item with an attribute goes. Features of items are among them: a filter reads the attribute of an item, and where it has none the feature of that name. Safe for concurrent use.
/// </summary>
public sealed class ItemAttributes
{
    private readonly ItemContentFormat _format;

    internal ItemAttributes(ItemContentFormat format) => _format = format;

    /// <summary>Their names, in the order in which they came.</summary>
    public IEnumerable<string> Names => _format.NamesWithValues;

    /// <summary>The kinds that a name has had.</summary>
    public AttributeKinds KindsOf(string name) => _format.KindsOf(name);

    /// <summary>Kinds for messages: "a number", "a text or a list of texts".</summary>
    public static string Describe(AttributeKinds kinds)
    {
        var told = new List<string>(4);
        if (kinds.HasFlag(AttributeKinds.Text))
            told.Add("a text");
        if (kinds.HasFlag(AttributeKinds.Number))
            told.Add("a number");
        if (kinds.HasFlag(AttributeKinds.TextList))
            told.Add("a list of texts");
        if (kinds.HasFlag(AttributeKinds.NumberList))
            told.Add("a list of numbers");
        return told.Count == 0 ? "nothing" : string.Join(" or ", told);
    }
}
