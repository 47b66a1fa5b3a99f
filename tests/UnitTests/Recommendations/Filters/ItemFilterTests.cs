using Inference.Recommendations.Filters;
using Inference.Recommendations.Filters.Syntax;
using Xunit;

namespace UnitTests.Recommendations.Filters;

public sealed class ItemFilterTests
{
    [Theory]
    [InlineData("price < 20", "(price < 20)")]
    [InlineData("  price<20\n", "(price < 20)")]
    [InlineData("price >= -1.5e2", "(price >= -150)")]
    [InlineData("price == .5", "(price = 0.5)")]
    [InlineData("brand != 'x'", "(brand != \"x\")")]
    [InlineData("a = 1 or b = 2 and c = 3", "((a = 1) or ((b = 2) and (c = 3)))")]
    [InlineData("(a = 1 or b = 2) and c = 3", "(((a = 1) or (b = 2)) and (c = 3))")]
    [InlineData("not a = 1 and b = 2", "(not (a = 1) and (b = 2))")]
    [InlineData("not not a = 1", "not not (a = 1)")]
    [InlineData("NOT a IN ['x', \"y\"] AND True", "(not (a = \"x\"|\"y\") and true)")]
    [InlineData("a not in [1, 2]", "(a != 1|2)")]
    [InlineData("tags has 'x'", "(tags = \"x\")")]
    [InlineData("tags not has 'x'", "(tags != \"x\")")]
    [InlineData("exists(a.b_c) or missing(`not in`)", "(exists(a.b_c) or missing(not in))")]
    [InlineData("`a``b` = 1", "(a`b = 1)")]
    [InlineData("`in` = true", "(in = true)")]
    [InlineData("now = 1 and time > 2 and exists < 3", "((now = 1) and (time > 2) and (exists < 3))")]
    [InlineData("größe = \"ä\\u00e4\\n\\\"\"", "(größe = \"ää\n\"\")")]
    [InlineData("from <= now() and to > now() + 1h - 2d", "((from <= now+0) and (to > now-169200))")]
    [InlineData("t = time(\"1970-01-02\") + 1min", "(t = @86460)")]
    [InlineData("t = time(\"1970-01-01T01:00:00+01:00\")", "(t = @0)")]
    [InlineData("t = time('1970-01-01T00:00:00.5Z') + 1w", "(t = @604800.5)")]
    [InlineData("within(location, 52.52, -13.40, 5km)", "within(location, 52.52, -13.4, 5000)")]
    [InlineData("within(lat, lon, -90, 180, 2.5mi)", "within(lat, lon, -90, 180, 4023.36)")]
    [InlineData("true", "true")]
    public void TryParse_OfAnExpression_ReadsIt(string text, string expected)
    {
        Assert.True(ItemFilter.TryParse(text, out ItemFilter? filter, out FilterError? error), error?.ToString());

        Assert.Equal(expected, Write(filter.Root));
        Assert.Equal(text, filter.Text);
        Assert.Equal(text.Contains("now()", StringComparison.Ordinal), filter.IsTimed);
    }

    [Theory]
    [InlineData("", 0, "expected an attribute")]
    [InlineData("   ", 3, "there is the end")]
    [InlineData("price", 5, "expected a comparison")]
    [InlineData("price <", 7, "expected a value")]
    [InlineData("price < < 3", 8, "expected a value")]
    [InlineData("price 20", 6, "expected a comparison")]
    [InlineData("price ! 20", 6, "'!='")]
    [InlineData("price < 20 brand = 1", 11, "'and', 'or' or the end")]
    [InlineData("a = 1 and", 9, "an attribute, 'not' or '('")]
    [InlineData("a = 1 or or b = 1", 9, "an attribute, 'not' or '('")]
    [InlineData("a = 1 && b = 1", 6, "'and' and 'or'")]
    [InlineData("(a = 1", 6, "')'")]
    [InlineData("a = 1)", 5, "the end")]
    [InlineData("a = \"x", 4, "not closed")]
    [InlineData("`a = 1", 0, "not closed")]
    [InlineData("`` = 1", 0, "is empty")]
    [InlineData("a = \"x\\q\"", 6, "no such escape")]
    [InlineData("a in 1", 5, "expected '['")]
    [InlineData("a in []", 6, "expected a value")]
    [InlineData("a in [1, 2", 10, "',' or ']'")]
    [InlineData("a in [1, \"x\"]", 9, "values of one kind")]
    [InlineData("a < true", 4, "have no order")]
    [InlineData("a = 7d", 4, "now() - 7d")]
    [InlineData("a = now() - 7", 12, "a duration")]
    [InlineData("a = now() - 7m", 12, "a duration")]
    [InlineData("a = now(", 8, "expected ')'")]
    [InlineData("a = time(\"yesterday\")", 9, "no time")]
    [InlineData("a = time(5)", 9, "a text with a time")]
    [InlineData("a = 1e999", 4, "out of range")]
    [InlineData("a > now() - 1e308w", 12, "the time is out of range")]
    [InlineData("within(a, 1, 2, 1e308km)", 16, "the distance is out of range")]
    [InlineData("within(a, 91, 0, 1km)", 10, "latitude is 91")]
    [InlineData("within(a, 1, -181, 1km)", 13, "longitude is -181")]
    [InlineData("within(a, 1, 1, 1)", 16, "a distance")]
    [InlineData("within(a, 1, 1)", 14, "expected ','")]
    [InlineData("lower(a) = 1", 0, "no function")]
    [InlineData("a = 1 #", 6, "means nothing")]
    [InlineData("and = 1", 0, "an attribute")]
    [InlineData("\"x\" = a", 0, "there is a text")]
    public void TryParse_OfAnythingElse_SaysWhereAndWhatWasExpected(string text, int position, string message)
    {
        Assert.False(ItemFilter.TryParse(text, out ItemFilter? filter, out FilterError? error));

        Assert.Null(filter);
        Assert.Equal(position, error.Position);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TryParse_AtItsLimits_TakesWhatTheyAllow()
    {
        string deep = new string('(', ItemFilter.MostDepth) + "a = 1" + new string(')', ItemFilter.MostDepth);
        string wide = string.Join(" or ", Enumerable.Repeat("a = 1", ItemFilter.MostTerms));
        string longest = "a = \"" + new string('x', ItemFilter.MostBytes - 6) + "\"";

        Assert.All([deep, wide, longest], text => Assert.True(ItemFilter.TryParse(text, out _, out _)));
        Assert.All(["(" + deep + ")", "not " + deep, wide + " and b = 1", longest + " "], text => Assert.False(ItemFilter.TryParse(text, out _, out _)));
        // Characters count by their bytes.
        Assert.False(ItemFilter.TryParse("a = \"" + new string('ä', ItemFilter.MostBytes / 2) + "\"", out _, out FilterError? error));
        Assert.Contains("8198 bytes", error.Message, StringComparison.Ordinal);
        // Not so deep that a thread's stack could end.
        Assert.False(ItemFilter.TryParse(new string('(', ItemFilter.MostBytes), out _, out error));
        Assert.Equal(ItemFilter.MostDepth, error.Position);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void TryParse_OfRandomTexts_NeverThrowsAndStaysInTheText(int seed)
    {
        string[] pieces = ["a", "price", " ", "<", ">=", "=", "!", "(", ")", "[", "]", ",", "in", "not", "and", "or", "has", "\"", "'", "`", "\\", "1", ".5", "e9", "7d", "km", "now()", "time(", "within(", "exists(", "-", "+", "true", "\u0000", "\ud800", "é"];
        var random = new Random(seed);
        for (int round = 0; round < 20_000; round++)
        {
            string text = random.Next(4) == 0
                ? new string([.. Enumerable.Range(0, random.Next(40)).Select(_ => (char)random.Next(0x250))])
                : string.Concat(Enumerable.Range(0, random.Next(24)).Select(_ => pieces[random.Next(pieces.Length)]));

            if (!ItemFilter.TryParse(text, out _, out FilterError? error))
                Assert.True(error.Position >= 0 && error.Position <= text.Length, $"seed {seed}: {error} in {text}");
        }
    }

    [Fact]
    public void And_WithTheSameFilterAgain_MakesNothingNew()
    {
        ItemFilter a = Of("a = 1 or b = 2"), b = Of("c = 3");

        ItemFilter both = a.And(b);

        Assert.Equal("(((a = 1) or (b = 2)) and (c = 3))", Write(both.Root));
        Assert.Same(both, a.And(b));
        Assert.NotSame(both, a.And(Of("c = 3")));
        // Its text says the same.
        Assert.Equal(Write(both.Root), Write(Of(both.Text).Root));
    }

    internal static ItemFilter Of(string text) => ItemFilter.TryParse(text, out ItemFilter? filter, out FilterError? error) ? filter : throw new ArgumentException(error.ToString());

    private static string Write(FilterNode node) => node switch
    {
        Constant constant => constant.Value ? "true" : "false",
        AllOf all => $"({string.Join(" and ", all.Parts.Select(Write))})",
        AnyOf any => $"({string.Join(" or ", any.Parts.Select(Write))})",
        Negation negation => $"not {Write(negation.Part)}",
        Presence presence => $"{(presence.IsMissing ? "missing" : "exists")}({presence.Attribute.Name})",
        Nearness near => FormattableString.Invariant($"within({near.First.Name}, {(near.Second is null ? "" : near.Second.Name + ", ")}{near.Latitude}, {near.Longitude}, {near.Metres})"),
        ValueComparison comparison => $"({comparison.Attribute.Name} {Sign(comparison.How)} {string.Join('|', comparison.Values.Select(Write))})",
        _ => throw new NotSupportedException(),
    };

    private static string Write(FilterValue value) => value.Kind switch
    {
        FilterValueKind.Text => $"\"{value.Text}\"",
        FilterValueKind.Boolean => value.Number != 0 ? "true" : "false",
        FilterValueKind.Time when value.IsFromNow => FormattableString.Invariant($"now{value.Number:+0;-0;+0}"),
        FilterValueKind.Time => FormattableString.Invariant($"@{value.Number}"),
        _ => FormattableString.Invariant($"{value.Number}"),
    };

    private static string Sign(FilterComparison how) => how switch
    {
        FilterComparison.Equal => "=",
        FilterComparison.NotEqual => "!=",
        FilterComparison.Less => "<",
        FilterComparison.LessOrEqual => "<=",
        FilterComparison.Greater => ">",
        _ => ">=",
    };
}
