using System.Text;
using Fuzz.Engine;
using Inference.Recommendations.Filters;

namespace Fuzz.Targets;

/// <summary>Filter expressions: what is read, written in another way and read again is the same; errors lie within the text.</summary>
internal sealed class FilterTarget : FuzzTarget
{
    private static readonly string[] Examples =
    [
        "category in [\"wine\", 'beer'] and price < 20 and not brand = \"x\"", "exists(`odd name`) or missing(stock)", "within(place, 52.5, -13.4, 5km)", "within(lat, lon, -90, 180, 3mi) and true",
        "created > now() - 7d + 2h and created <= time(\"2026-11-01T00:00:00Z\") + 1w", "tags not has \"a\\u00e9\\n\" or tags not in [1, -2.5e3, .5]", "not not (a = true or (b != false))",
    ];

    public override string Name => "filter";

    public override int TestCases => 10_000;

    public override IReadOnlyList<string> Tokens =>
    [
        "and", "or", "not", "in", "has", "true", "false", "exists(", "missing(", "within(", "now()", "time(\"2026-11-01\")", "(", ")", "[", "]", ",", "=", "!=", "<=", ">", "-", "+", "7d", "1e308w", "5km", "`", "``", "\\u0041", "\"", "'", "and not (", "1e", "2.",
    ];

    public override IEnumerable<byte[]> Seeds() => Examples.Select(Encoding.UTF8.GetBytes);

    public override bool Read(byte[] input)
    {
        string text = Encoding.UTF8.GetString(input);
        if (!ItemFilter.TryParse(text, out ItemFilter? filter, out FilterError? error))
        {
            FuzzException.Unless(error.Position >= 0 && error.Position <= text.Length, "an error lies outside the text");
            FuzzException.Unless(error.Message.Length is > 0 and < 400, "an error is long");
            return false;
        }

        string written = FilterText.Of(filter.Root);
        if (Encoding.UTF8.GetByteCount(written) > ItemFilter.MostBytes)
            return true;
        FuzzException.Unless(ItemFilter.TryParse(written, out ItemFilter? again, out _), "a filter that was written cannot be read");
        FuzzException.Unless(FilterText.Of(again.Root) == written, "a filter that was written is another one");
        FuzzException.Unless(again.IsTimed == filter.IsTimed && again.Names.Select(name => name.Name).SequenceEqual(filter.Names.Select(name => name.Name)), "a filter that was written reads other things");
        return true;
    }
}
