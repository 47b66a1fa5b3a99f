using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Inference.Cli.Frame;
using Inference.Recommendations.Guards;
using Inference.Training.Evaluation;
using Spectre.Console;

namespace Inference.Cli.Evaluation;

/// <summary>A bundle whose slates keep floors of exposure, beside the one without: what the floors cost.</summary>
/// <param name="bundle">The bundle without floors; stays the caller's to dispose.</param>
/// <param name="floors">The floors.</param>
/// <param name="depth">How many of the best beyond the slate they may take from.</param>
internal sealed class FlooredBundle(ServedBundle bundle, ExposureFloors floors, int depth) : EntrantRecipe
{
    /// <summary>Name of the entrant in results.</summary>
    public const string EntrantName = "bundle+floors";

    public override string Name => EntrantName;

    public override string Description => $"{bundle.Description}, with floors of exposure";

    /// <summary>What was judged; null before.</summary>
    public FlooredRanking? Ranking { get; private set; }

    public override Entrant Make(EvaluationInputs inputs, JsonObject? hyperparameters, IProgress<double> progress, CancellationToken cancellationToken) =>
        Entrant.Of(Ranking = bundle.RankingOf(inputs).WithFloors(Name, floors, depth));

    /// <summary>The option that names floors, in the form of the server's.</summary>
    public static Option<string[]> Option()
    {
        var option = new Option<string[]>("--exposure-floor")
        {
            Description = "Also judge --bundle with a floor of exposure, such as category=toys:0.2, price<5:0.1 or year>=2020:0.1, and report what it costs; may be given several times",
            HelpName = "GROUP:SHARE",
            DefaultValueFactory = _ => [],
            CustomParser = result => [.. result.Tokens.SelectMany(token => token.Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))],
        };
        option.Validators.Add(result =>
        {
            string[] texts = result.GetValueOrDefault<string[]>();
            foreach (string problem in ExposureFloors.Problems(texts))
                result.AddError($"--exposure-floor: {problem}");
            if (texts.Any(text => text.StartsWith(ExposureFloor.IsNew + "=", StringComparison.Ordinal)))
                result.AddError($"--exposure-floor: {ExposureFloor.IsNew} means items that a server keeps slots for; an evaluation has none");
        });
        return option;
    }

    /// <summary>The costs, for people.</summary>
    public static void Write(CommandHost host, IReadOnlyList<FloorCost> costs)
    {
        var table = new Table().Border(TableBorder.Rounded).Title("floors of exposure: what they cost, and what groups are shown");
        table.AddColumn("scenario");
        foreach (string column in (string[])["NDCG@10", "with floors", "loss", "95 %", "not kept"])
            table.AddColumn(new TableColumn(column).RightAligned());
        foreach (FlooredGroup group in costs.Count > 0 ? costs[0].Groups : [])
            table.AddColumn(new TableColumn(Markup.Escape(string.Create(CultureInfo.InvariantCulture, $"{group.Group} (floor {group.Floor:0.###})"))).RightAligned());
        foreach (FloorCost cost in costs)
        {
            table.AddRow(
            [
                Markup.Escape(cost.Scenario),
                Text($"{cost.Without:0.0000}"), Text($"{cost.With:0.0000}"), Text($"{cost.Loss.Difference:+0.0000;-0.0000;0.0000}"),
                Text($"{cost.Loss.Interval.Low:+0.0000;-0.0000;0.0000} to {cost.Loss.Interval.High:+0.0000;-0.0000;0.0000}"),
                Text($"{cost.NotKept * 100:0.0} %"),
                .. cost.Groups.Select(group => Text($"{group.Without:0.000} → {group.With:0.000}")),
            ]);
        }

        host.Console.Write(table);

        static string Text(FormattableString text) => FormattableString.Invariant(text);
    }

    /// <summary>The costs as a property "floors".</summary>
    public static void Write(Utf8JsonWriter json, IReadOnlyList<FloorCost> costs)
    {
        json.WriteStartObject("floors");
        foreach (FloorCost cost in costs)
        {
            json.WriteStartObject(cost.Scenario);
            json.WriteNumber("ndcg@10", cost.Without);
            json.WriteNumber("ndcg@10_with_floors", cost.With);
            json.WriteNumber("diff", cost.Loss.Difference);
            json.WriteStartArray("ci95");
            json.WriteNumberValue(cost.Loss.Interval.Low);
            json.WriteNumberValue(cost.Loss.Interval.High);
            json.WriteEndArray();
            json.WriteNumber("p_two_sided", cost.Loss.P);
            json.WriteNumber("not_kept", cost.NotKept);
            json.WriteStartArray("groups");
            foreach (FlooredGroup group in cost.Groups)
            {
                json.WriteStartObject();
                json.WriteString("group", group.Group);
                json.WriteNumber("floor", group.Floor);
                json.WriteNumber("exposure", group.Without);
                json.WriteNumber("exposure_with_floors", group.With);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }
}
