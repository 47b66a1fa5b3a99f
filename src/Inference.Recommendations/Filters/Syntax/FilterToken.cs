namespace Inference.Recommendations.Filters.Syntax;

/// <summary>What a piece of an expression is.</summary>
internal enum FilterTokenKind
{
    /// <summary>The end of the text.</summary>
    End,

    /// <summary>An attribute or a keyword.</summary>
    Word,

    /// <summary>An attribute between backquotes, never a keyword.</summary>
    QuotedWord,

    /// <summary>A text between quotes; <see cref="FilterToken.Text"/> is what it means.</summary>
    Text,

    /// <summary>A number; <see cref="FilterToken.Text"/> is the unit behind it, most often empty.</summary>
    Number,

    /// <summary>One of <c>( ) [ ] , = != &lt; &lt;= &gt; &gt;= + -</c>.</summary>
    Symbol,
}

/// <summary>One piece of an expression.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Position">Characters before it.</param>
/// <param name="Length">Characters of it, with quotes.</param>
/// <param name="Text">Word, text, unit or symbol.</param>
/// <param name="Number">The number.</param>
internal readonly record struct FilterToken(FilterTokenKind Kind, int Position, int Length, string Text, double Number = 0)
{
    public bool IsSymbol(string symbol) => Kind == FilterTokenKind.Symbol && Text == symbol;

    /// <summary>Whether it is a keyword: they are written in any case.</summary>
    public bool IsKeyword(string keyword) => Kind == FilterTokenKind.Word && Text.Equals(keyword, StringComparison.OrdinalIgnoreCase);

    /// <summary>For messages.</summary>
    public string Describe(string source)
    {
        const int most = 32;
        if (Kind == FilterTokenKind.End)
            return "the end";
        string written = source.Substring(Position, Length);
        return Kind == FilterTokenKind.Text ? "a text" : written.Length <= most ? $"'{written}'" : $"'{written.AsSpan(0, most)}…'";
    }
}
