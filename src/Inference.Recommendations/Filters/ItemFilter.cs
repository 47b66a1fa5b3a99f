using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using Inference.Recommendations.Filters.Columns;
using Inference.Recommendations.Filters.Syntax;

namespace Inference.Recommendations.Filters;

/// <summary>
/// A filter expression over attributes of items, as in <c>category in ["wine", "beer"] and price &lt; 20 and not brand = "x"</c>. It knows no catalogue: attributes are names. Immutable; docs/filters.md has the grammar.
/// </summary>
public sealed class ItemFilter
{
    /// <summary>Bytes of UTF-8 in an expression at most.</summary>
    public const int MostBytes = 8_192;

    /// <summary>Comparisons and tests in an expression at most: each is one pass over a column.</summary>
    public const int MostTerms = 64;

    /// <summary>Parentheses and negations within one another at most.</summary>
    public const int MostDepth = 32;

    private ItemFilter? _combined;

    private ItemFilter(string text, FilterNode root)
    {
        Text = text;
        Root = root;
        var names = new List<AttributeName>();
        root.AddNames(names);
        Names = [.. names];
        IsTimed = root.IsTimed;
        RequiredTerms = RequiredTerm.Of(root);
    }

    /// <summary>The expression as it was written. Two filters with the same text select the same items.</summary>
    public string Text { get; }

    /// <summary>Whether it reads the clock, so that what it selects changes while the catalogue stays.</summary>
    public bool IsTimed { get; }

    /// <summary>The attributes that it reads, in the order in which they are written; one may be there several times.</summary>
    internal ImmutableArray<AttributeName> Names { get; }

    internal FilterNode Root { get; }

    /// <summary>What every item that it selects fulfils, as far as simple terms can say it.</summary>
    public ImmutableArray<RequiredTerm> RequiredTerms { get; }

    /// <summary>The other filter that <see cref="_combined"/> was made with.</summary>
    private ItemFilter? CombinedWith { get; init; }

    /// <summary>Reads an expression. Never throws for what it says.</summary>
    /// <param name="text">The expression.</param>
    /// <param name="filter">The filter; null where the text is none.</param>
    /// <param name="error">The first error; null where there is none.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out ItemFilter? filter, [NotNullWhen(false)] out FilterError? error)
    {
        ArgumentNullException.ThrowIfNull(text);
        filter = null;
        if (text.Length * 3 > MostBytes && Encoding.UTF8.GetByteCount(text) is var bytes && bytes > MostBytes)
        {
            error = new FilterError(0, $"the expression has {bytes} bytes of UTF-8; at most {MostBytes} are allowed.");
            return false;
        }

        FilterNode? root = new FilterParser(text).Read(out error);
        if (root is null)
        {
            error ??= new FilterError(0, "this is no expression.");
            return false;
        }

        filter = new ItemFilter(text, root);
        error = null;
        return true;
    }

    /// <summary>Checks the names and types against what a catalogue knows.</summary>
    /// <returns>The first error; null where the filter fits.</returns>
    public FilterError? Check(ItemAttributes attributes) => FilterCheck.Run(this, attributes);

    /// <summary>Items that both filters select. The last combination is kept, so that a filter that is used again costs nothing.</summary>
    public ItemFilter And(ItemFilter other)
    {
        ItemFilter? combined = Volatile.Read(ref _combined);
        if (combined is not null && ReferenceEquals(combined.CombinedWith, other))
            return combined;
        combined = new ItemFilter($"({Text}) and ({other.Text})", new AllOf([Root, other.Root])) { CombinedWith = other };
        Volatile.Write(ref _combined, combined);
        return combined;
    }

    /// <inheritdoc/>
    public override string ToString() => Text;
}
