using System.Globalization;
using System.Text;

namespace Inference.Recommendations.Filters.Syntax;

/// <summary>Cuts an expression into pieces, one after the other. The first error ends it.</summary>
internal sealed class FilterTokens(string source)
{
    private int _next;

    /// <summary>What could not be read; null so far.</summary>
    public FilterError? Error { get; private set; }

    /// <summary>The next piece; the end after an error.</summary>
    public FilterToken Next()
    {
        while (_next < source.Length && char.IsWhiteSpace(source[_next]))
            _next++;
        if (Error is not null || _next == source.Length)
            return new FilterToken(FilterTokenKind.End, source.Length, 0, "");
        char c = source[_next];
        if (char.IsLetter(c) || c == '_')
            return Word();
        if (char.IsAsciiDigit(c) || (c == '.' && _next + 1 < source.Length && char.IsAsciiDigit(source[_next + 1])))
            return Number();
        return c switch
        {
            '"' or '\'' => Text(c),
            '`' => QuotedWord(),
            _ => Symbol(c),
        };
    }

    private FilterToken Word()
    {
        int start = _next;
        while (_next < source.Length && (char.IsLetterOrDigit(source[_next]) || source[_next] is '_' or '.'))
            _next++;
        return new FilterToken(FilterTokenKind.Word, start, _next - start, source[start.._next]);
    }

    private FilterToken QuotedWord()
    {
        int start = _next++;
        var name = new StringBuilder();
        while (_next < source.Length)
        {
            if (source[_next] != '`')
            {
                name.Append(source[_next++]);
                continue;
            }

            _next++;
            if (_next == source.Length || source[_next] != '`')
            {
                return name.Length == 0
                    ? Fail(start, "the name between backquotes is empty.")
                    : new FilterToken(FilterTokenKind.QuotedWord, start, _next - start, name.ToString());
            }

            // Two of them stand for one.
            name.Append(source[_next++]);
        }

        return Fail(start, "the backquote is not closed.");
    }

    private FilterToken Number()
    {
        int start = _next;
        SkipDigits();
        if (_next < source.Length && source[_next] == '.')
        {
            _next++;
            SkipDigits();
        }

        if (_next < source.Length && source[_next] is 'e' or 'E' && IsExponent())
        {
            _next += 2;
            SkipDigits();
        }

        int end = _next;
        while (_next < source.Length && (char.IsLetterOrDigit(source[_next]) || source[_next] is '_' or '.'))
            _next++;
        if (!double.TryParse(source.AsSpan(start, end - start), NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out double number) || !double.IsFinite(number))
            return Fail(start, "the number is out of range.");
        return new FilterToken(FilterTokenKind.Number, start, _next - start, source[end.._next], number);
    }

    private void SkipDigits()
    {
        while (_next < source.Length && char.IsAsciiDigit(source[_next]))
            _next++;
    }

    /// <summary>Whether digits follow the letter, so that it is no unit.</summary>
    private bool IsExponent()
    {
        int digit = _next + 1;
        if (digit < source.Length && source[digit] is '+' or '-')
            digit++;
        return digit < source.Length && char.IsAsciiDigit(source[digit]);
    }

    private FilterToken Text(char quote)
    {
        int start = _next++;
        var text = new StringBuilder();
        while (_next < source.Length)
        {
            char c = source[_next++];
            if (c == quote)
                return new FilterToken(FilterTokenKind.Text, start, _next - start, text.ToString());
            if (c != '\\')
            {
                text.Append(c);
                continue;
            }

            int escape = _next - 1;
            if (_next == source.Length)
                break;
            switch (source[_next++])
            {
                case 'n':
                    text.Append('\n');
                    break;
                case 't':
                    text.Append('\t');
                    break;
                case 'r':
                    text.Append('\r');
                    break;
                case 'u' when _next + 4 <= source.Length && ushort.TryParse(source.AsSpan(_next, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ushort unit):
                    text.Append((char)unit);
                    _next += 4;
                    break;
                case var same and ('\\' or '"' or '\''):
                    text.Append(same);
                    break;
                default:
                    return Fail(escape, """there is no such escape; there are \\ \" \' \n \t \r and \uXXXX.""");
            }
        }

        return Fail(start, "the text is not closed.");
    }

    private FilterToken Symbol(char c)
    {
        int start = _next++;
        bool equals = _next < source.Length && source[_next] == '=';
        switch (c)
        {
            case '(' or ')' or '[' or ']' or ',' or '+' or '-':
                return Of(c.ToString());
            case '=' or '<' or '>' or '!' when equals:
                _next++;
                return Of(c == '=' ? "=" : $"{c}=");
            case '=' or '<' or '>':
                return Of(c.ToString());
            case '!':
                return Fail(start, "'!' stands only in '!='; a negation is 'not'.");
            case '&' or '|':
                return Fail(start, $"'{c}' is no operator; there are 'and' and 'or'.");
            default:
                return Fail(start, char.IsControl(c) || char.IsSurrogate(c) ? $"the character U+{(int)c:X4} means nothing here." : $"'{c}' means nothing here.");
        }

        FilterToken Of(string symbol) => new(FilterTokenKind.Symbol, start, _next - start, symbol);
    }

    private FilterToken Fail(int position, string message)
    {
        Error = new FilterError(position, message);
        return new FilterToken(FilterTokenKind.End, source.Length, 0, "");
    }
}
