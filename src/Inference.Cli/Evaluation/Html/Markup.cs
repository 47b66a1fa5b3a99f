using System.Globalization;
using System.Text;

namespace Inference.Cli.Evaluation.Html;

/// <summary>Well-formed XHTML and SVG, piece by piece: numbers invariant, texts escaped.</summary>
internal sealed class Markup
{
    private readonly StringBuilder _text = new();

    /// <summary>Adds markup. Holes that are strings are escaped; put markup itself through <see cref="Raw"/>.</summary>
    public Markup Add(FormattableString markup)
    {
        object?[] values = markup.GetArguments();
        for (int i = 0; i < values.Length; i++)
            values[i] = values[i] is string text ? Escape(text) : values[i];
        _text.Append(string.Format(CultureInfo.InvariantCulture, markup.Format, values)).Append('\n');
        return this;
    }

    public Markup Raw(string markup)
    {
        _text.Append(markup).Append('\n');
        return this;
    }

    public override string ToString() => _text.ToString();

    public static string Escape(string text) => System.Security.SecurityElement.Escape(text);
}
