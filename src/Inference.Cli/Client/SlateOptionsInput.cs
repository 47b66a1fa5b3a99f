using System.CommandLine;
using System.Globalization;
using Recsys.V1;

namespace Inference.Cli.Client;

/// <summary>Options that say how a slate is made up.</summary>
internal sealed class SlateOptionsInput
{
    private readonly Option<double?> _diversity = Share("--diversity", "Trade relevance for diversity: 0 for none, 1 for nothing else; replaces that of the surface");
    private readonly Option<string[]> _caps = Caps();
    private readonly Option<string[]> _pins = Pairs("--pin", "ID@RANK", "An item that stands at a place, for example i7@3; may be given several times", '@', IsCount);
    private readonly Option<string[]> _boosts = Pairs("--boost", "FILTER=AMOUNT", "Moves the items that a filter selects up, or down below 0, by so many standard deviations of the scores, for example 'price < 20=0.5'; may be given several times", '=', IsNumber);
    private readonly Option<double?> _popularShare = Share("--popular-share", "Draw the slate to this share of popular items");
    private readonly Option<double?> _calibration = Share("--calibration", "How strongly the slate is drawn to the wanted share of popular items: --popular-share, or that of the user's history; 0.5 where only the former is given");

    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[_diversity, _caps, _pins, _boosts, _popularShare, _calibration])
            command.Options.Add(option);
    }

    /// <summary>Writes what was given into a request.</summary>
    public void Set(ParseResult parsed, RecommendOptions options)
    {
        if (parsed.GetValue(_diversity) is { } diversity)
            options.Diversity = new DiversityOptions { Strength = diversity };
        var slate = new SlateOptions();
        foreach (string text in parsed.GetValue(_caps) ?? [])
            slate.Caps.Add(new AttributeCap { Attribute = Before(text, '='), Most = int.Parse(After(text, '='), CultureInfo.InvariantCulture) });
        foreach (string text in parsed.GetValue(_pins) ?? [])
            slate.Pins.Add(new PinnedItem { ItemId = Before(text, '@'), Rank = int.Parse(After(text, '@'), CultureInfo.InvariantCulture) });
        foreach (string text in parsed.GetValue(_boosts) ?? [])
            slate.Boosts.Add(new Boost { Filter = Before(text, '='), Amount = double.Parse(After(text, '='), CultureInfo.InvariantCulture) });
        double? share = parsed.GetValue(_popularShare), strength = parsed.GetValue(_calibration);
        if (share is not null || strength is not null)
        {
            slate.Calibration = new CalibrationOptions { Strength = strength ?? 0.5 };
            if (share is { } wanted)
                slate.Calibration.PopularShare = wanted;
        }

        if (slate.CalculateSize() > 0)
            options.Slate = slate;
    }

    /// <summary>The option that names caps.</summary>
    public static Option<string[]> Caps() =>
        Pairs("--cap", "ATTRIBUTE=N", "At most so many items with the same value of an attribute, for example brand=2; may be given several times", '=', IsCount);

    /// <summary>The caps that it holds.</summary>
    public static Inference.Recommendations.Surfaces.AttributeCap[] CapsOf(string[]? texts) =>
        [.. (texts ?? []).Select(text => new Inference.Recommendations.Surfaces.AttributeCap(Before(text, '='), int.Parse(After(text, '='), CultureInfo.InvariantCulture)))];

    private static Option<double?> Share(string name, string description)
    {
        var option = new Option<double?>(name) { Description = description, HelpName = "0–1" };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && double.TryParse(result.Tokens[0].Value, CultureInfo.InvariantCulture, out double value) && !(value is >= 0 and <= 1))
                result.AddError($"{name} must be 0 to 1, not {result.Tokens[0].Value}");
        });
        return option;
    }

    /// <summary>The sign that divides a text is its last one: filters and ids may hold it.</summary>
    private static Option<string[]> Pairs(string name, string form, string description, char sign, Func<string, bool> isFine)
    {
        var option = new Option<string[]>(name) { Description = description, HelpName = form, DefaultValueFactory = _ => [] };
        option.Validators.Add(result =>
        {
            foreach (string text in result.Tokens.Select(token => token.Value))
            {
                if (text.LastIndexOf(sign) is var place && (place < 1 || !isFine(text[(place + 1)..])))
                    result.AddError($"{name} must be {form}, not '{text}'");
            }
        });
        return option;
    }

    private static string Before(string text, char sign) => text[..text.LastIndexOf(sign)].Trim();

    private static string After(string text, char sign) => text[(text.LastIndexOf(sign) + 1)..];

    private static bool IsCount(string text) => int.TryParse(text, CultureInfo.InvariantCulture, out int count) && count >= 1;

    private static bool IsNumber(string text) => double.TryParse(text, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number);
}
