using System.Collections.Immutable;
using System.Globalization;

namespace Inference.Recommendations.Filters.Syntax;

/// <summary>
/// Reads an expression by recursive descent; the first error ends it.
/// <code>
///  filter     = any
///  any        = all { "or" all }
///  all        = negation { "and" negation }
///  negation   = "not" negation | "(" any ")" | "true" | "false" | test
///  test       = ( "exists" | "missing" ) "(" name ")"
///             | "within" "(" name [ "," name ] "," number "," number "," distance ")"
///             | name ( "=" | "!=" | "&lt;" | "&lt;=" | "&gt;" | "&gt;=" ) value
///             | name [ "not" ] "in" "[" value { "," value } "]"
///             | name [ "not" ] "has" value
///  value      = text | [ "-" ] number | "true" | "false" | time
///  time       = ( "now" "(" ")" | "time" "(" text ")" ) { ( "+" | "-" ) duration }
/// </code>
/// </summary>
internal sealed class FilterParser
{
    private static readonly string[] Keywords = ["and", "or", "not", "in", "has", "true", "false"];

    private readonly string _source;
    private readonly FilterTokens _tokens;
    private FilterToken _token;
    private FilterToken _following;
    private FilterError? _error;
    private int _depth;
    private int _terms;

    public FilterParser(string source)
    {
        _source = source;
        _tokens = new FilterTokens(source);
        _token = _tokens.Next();
        _following = _tokens.Next();
    }

    /// <summary>Reads the whole text; null where it is no expression.</summary>
    public FilterNode? Read(out FilterError? error)
    {
        FilterNode? root = ReadAny();
        if (root is not null && _token.Kind != FilterTokenKind.End)
            root = Expected<FilterNode>("'and', 'or' or the end");
        // What could not be cut into pieces looks like the end, and is the better message unless something before it was wrong.
        error = _error;
        if (_tokens.Error is { } broken && (error is null || error.Position >= broken.Position))
            error = broken;
        return error is null ? root : null;
    }

    private FilterNode? ReadAny()
    {
        FilterNode? first = ReadAll();
        if (first is null || !_token.IsKeyword("or"))
            return first;
        var parts = ImmutableArray.CreateBuilder<FilterNode>();
        parts.Add(first);
        while (_token.IsKeyword("or"))
        {
            Advance();
            if (ReadAll() is not { } part)
                return null;
            parts.Add(part);
        }

        return new AnyOf(parts.ToImmutable());
    }

    private FilterNode? ReadAll()
    {
        FilterNode? first = ReadNegation();
        if (first is null || !_token.IsKeyword("and"))
            return first;
        var parts = ImmutableArray.CreateBuilder<FilterNode>();
        parts.Add(first);
        while (_token.IsKeyword("and"))
        {
            Advance();
            if (ReadNegation() is not { } part)
                return null;
            parts.Add(part);
        }

        return new AllOf(parts.ToImmutable());
    }

    private FilterNode? ReadNegation()
    {
        bool isNot = _token.IsKeyword("not");
        if (!isNot && !_token.IsSymbol("("))
            return ReadTerm();
        if (++_depth > ItemFilter.MostDepth)
            return Fail<FilterNode>(_token.Position, $"more than {ItemFilter.MostDepth} parentheses and negations lie within one another.");
        Advance();
        FilterNode? inner = isNot ? ReadNegation() : ReadAny();
        _depth--;
        if (inner is null)
            return null;
        if (isNot)
            return new Negation(inner);
        return Take(")") ? inner : Expected<FilterNode>("'and', 'or' or ')'");
    }

    private FilterNode? ReadTerm()
    {
        if (_token.IsKeyword("true") || _token.IsKeyword("false"))
        {
            var constant = new Constant(_token.IsKeyword("true"));
            Advance();
            return constant;
        }

        if (++_terms > ItemFilter.MostTerms)
            return Fail<FilterNode>(_token.Position, $"there are more than {ItemFilter.MostTerms} comparisons and tests.");
        bool isCall = _token.Kind == FilterTokenKind.Word && _following.IsSymbol("(");
        if (isCall && (_token.IsKeyword("exists") || _token.IsKeyword("missing")))
            return ReadPresence(_token.IsKeyword("missing"));
        if (isCall && _token.IsKeyword("within"))
            return ReadNearness();
        if (isCall && !IsKeyword(_token))
            return Fail<FilterNode>(_token.Position, $"{_token.Describe(_source)} is no function that is true or false; there are 'exists', 'missing' and 'within'.");
        return ReadName("an attribute, 'not' or '('") is { } name ? ReadComparison(name) : null;
    }

    private FilterNode? ReadPresence(bool isMissing)
    {
        Advance();
        Advance();
        if (ReadName("an attribute") is not { } name)
            return null;
        return Take(")") ? new Presence(name, isMissing) : Expected<FilterNode>("')'");
    }

    private FilterNode? ReadNearness()
    {
        Advance();
        Advance();
        if (ReadName("an attribute") is not { } first)
            return null;
        if (!Take(","))
            return Expected<FilterNode>("','");
        AttributeName? second = null;
        if (_token.Kind is FilterTokenKind.Word or FilterTokenKind.QuotedWord)
        {
            if ((second = ReadName("an attribute")) is null)
                return null;
            if (!Take(","))
                return Expected<FilterNode>("','");
        }

        if (ReadDegrees("latitude", 90) is not { } latitude)
            return null;
        if (!Take(","))
            return Expected<FilterNode>("','");
        if (ReadDegrees("longitude", 180) is not { } longitude)
            return null;
        if (!Take(","))
            return Expected<FilterNode>("','");
        double unit = _token.Kind == FilterTokenKind.Number ? FilterTimes.MetresOf(_token.Text) : 0;
        if (unit == 0)
            return Expected<FilterNode>("a distance, as in 5km, 300m or 3mi");
        double metres = _token.Number * unit;
        if (!double.IsFinite(metres))
            return Fail<FilterNode>(_token.Position, "the distance is out of range.");
        Advance();
        return Take(")") ? new Nearness(first, second, latitude, longitude, metres) : Expected<FilterNode>("')'");
    }

    private double? ReadDegrees(string what, double most)
    {
        FilterToken start = _token;
        bool isNegative = Take("-");
        if (_token.Kind != FilterTokenKind.Number || _token.Text.Length > 0)
        {
            Expected<FilterNode>($"the {what} in degrees");
            return null;
        }

        double degrees = isNegative ? -_token.Number : _token.Number;
        Advance();
        if (Math.Abs(degrees) <= most)
            return degrees;
        Fail<FilterNode>(start.Position, string.Create(CultureInfo.InvariantCulture, $"the {what} is {degrees}; it must lie in -{most} to {most} degrees."));
        return null;
    }

    private FilterNode? ReadComparison(AttributeName name)
    {
        bool isNot = _token.IsKeyword("not") && (_following.IsKeyword("in") || _following.IsKeyword("has"));
        if (isNot)
            Advance();
        FilterComparison equality = isNot ? FilterComparison.NotEqual : FilterComparison.Equal;
        if (_token.IsKeyword("in"))
        {
            Advance();
            return ReadValues() is { } values ? new ValueComparison(name, equality, values) : null;
        }

        FilterComparison? how = _token switch
        {
            { Kind: FilterTokenKind.Symbol, Text: "=" } => FilterComparison.Equal,
            { Kind: FilterTokenKind.Symbol, Text: "!=" } => FilterComparison.NotEqual,
            { Kind: FilterTokenKind.Symbol, Text: "<" } => FilterComparison.Less,
            { Kind: FilterTokenKind.Symbol, Text: "<=" } => FilterComparison.LessOrEqual,
            { Kind: FilterTokenKind.Symbol, Text: ">" } => FilterComparison.Greater,
            { Kind: FilterTokenKind.Symbol, Text: ">=" } => FilterComparison.GreaterOrEqual,
            _ => _token.IsKeyword("has") ? equality : null,
        };
        if (how is null)
            return Expected<FilterNode>("a comparison: =, !=, <, <=, >, >=, 'in', 'not in' or 'has'");
        Advance();
        if (ReadValue() is not { } value)
            return null;
        if (value.Kind == FilterValueKind.Boolean && how is not (FilterComparison.Equal or FilterComparison.NotEqual))
            return Fail<FilterNode>(value.Position, "true and false have no order; compare them with '=' or '!='.");
        return new ValueComparison(name, how.Value, [value]);
    }

    private ImmutableArray<FilterValue>? ReadValues()
    {
        if (!Take("["))
        {
            Expected<FilterNode>("'['");
            return null;
        }

        var values = ImmutableArray.CreateBuilder<FilterValue>();
        do
        {
            if (ReadValue() is not { } value)
                return null;
            values.Add(value);
            if (value.Kind != values[0].Kind)
            {
                Fail<FilterNode>(value.Position, $"this is {value.Describe()}, and the list began with {values[0].Describe()}; a list holds values of one kind.");
                return null;
            }
        }
        while (Take(","));
        if (Take("]"))
            return values.ToImmutable();
        Expected<FilterNode>("',' or ']'");
        return null;
    }

    private FilterValue? ReadValue()
    {
        FilterToken start = _token;
        switch (_token.Kind)
        {
            case FilterTokenKind.Text:
                Advance();
                return new FilterValue(FilterValueKind.Text, start.Position, start.Text);
            case FilterTokenKind.Symbol when start.IsSymbol("-") && _following is { Kind: FilterTokenKind.Number, Text: "" }:
                Advance();
                return TakeNumber(start.Position, -_token.Number);
            case FilterTokenKind.Number when start.Text.Length == 0:
                return TakeNumber(start.Position, start.Number);
            case FilterTokenKind.Number:
                return Fail<FilterValue>(start.Position, $"{start.Describe(_source)} is no number; a duration stands behind a time, as in now() - 7d.");
            case FilterTokenKind.Word when start.IsKeyword("true") || start.IsKeyword("false"):
                Advance();
                return new FilterValue(FilterValueKind.Boolean, start.Position, Number: start.IsKeyword("true") ? 1 : 0);
            case FilterTokenKind.Word when start.IsKeyword("now") && _following.IsSymbol("("):
                Advance();
                Advance();
                return Take(")") ? ReadDurations(new FilterValue(FilterValueKind.Time, start.Position, IsFromNow: true)) : Expected<FilterValue>("')'");
            case FilterTokenKind.Word when start.IsKeyword("time") && _following.IsSymbol("("):
                return ReadTime(start);
            default:
                return Expected<FilterValue>("a value: a text, a number, true, false, now() or time(\"...\")");
        }
    }

    private FilterValue TakeNumber(int position, double number)
    {
        Advance();
        return new FilterValue(FilterValueKind.Number, position, Number: number);
    }

    private FilterValue? ReadTime(FilterToken start)
    {
        Advance();
        Advance();
        if (_token.Kind != FilterTokenKind.Text)
            return Expected<FilterValue>("a text with a time, as in time(\"2026-11-01T00:00:00Z\")");
        if (!FilterTimes.TryRead(_token.Text, out double seconds))
            return Fail<FilterValue>(_token.Position, "this is no time; expected a date, or a date and time, as in \"2026-11-01\" or \"2026-11-01T00:00:00Z\".");
        Advance();
        return Take(")") ? ReadDurations(new FilterValue(FilterValueKind.Time, start.Position, Number: seconds)) : Expected<FilterValue>("')'");
    }

    private FilterValue? ReadDurations(FilterValue time)
    {
        while (_token.IsSymbol("+") || _token.IsSymbol("-"))
        {
            double sign = _token.IsSymbol("+") ? 1 : -1;
            Advance();
            double unit = _token.Kind == FilterTokenKind.Number ? FilterTimes.SecondsOf(_token.Text) : 0;
            if (unit == 0)
                return Expected<FilterValue>("a duration, as in 30s, 15min, 12h, 7d or 2w");
            time = time with { Number = time.Number + (sign * _token.Number * unit) };
            if (!double.IsFinite(time.Number))
                return Fail<FilterValue>(_token.Position, "the time is out of range.");
            Advance();
        }

        return time;
    }

    private AttributeName? ReadName(string expected)
    {
        if (_token.Kind != FilterTokenKind.QuotedWord && (_token.Kind != FilterTokenKind.Word || IsKeyword(_token)))
            return Expected<AttributeName>(expected);
        var name = new AttributeName(_token.Text, _token.Position);
        Advance();
        return name;
    }

    private static bool IsKeyword(FilterToken token) => token.Kind == FilterTokenKind.Word && Keywords.Contains(token.Text, StringComparer.OrdinalIgnoreCase);

    private bool Take(string symbol)
    {
        if (!_token.IsSymbol(symbol))
            return false;
        Advance();
        return true;
    }

    private void Advance()
    {
        _token = _following;
        _following = _tokens.Next();
    }

    private T? Expected<T>(string what)
        where T : class => Fail<T>(_token.Position, $"expected {what}, and there is {_token.Describe(_source)}.");

    private T? Fail<T>(int position, string message)
        where T : class
    {
        _error ??= new FilterError(position, message);
        return null;
    }
}
