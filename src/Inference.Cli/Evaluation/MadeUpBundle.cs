using System.Text.Json;
using System.Text.Json.Nodes;
using Inference.Cli.Frame;
using Inference.Recommendations.Surfaces;
using Inference.Training.Evaluation;
using Spectre.Console;

namespace Inference.Cli.Evaluation;

/// <summary>A bundle whose slates are made up by rules, beside the one whose slates are in the order of scores: what the rules cost.</summary>
/// <param name="bundle">The bundle; stays the caller's to dispose.</param>
/// <param name="rules">The rules.</param>
/// <param name="depth">How many of the best they choose from.</param>
internal sealed class MadeUpBundle(ServedBundle bundle, SlateRules rules, int depth) : EntrantRecipe
{
    /// <summary>Name of the entrant in results.</summary>
    public const string EntrantName = "bundle+slate";

    public override string Name => EntrantName;

    public override string Description => $"{bundle.Description}, with slates made up of the best {depth}";

    /// <summary>What was judged; null before.</summary>
    public MadeUpRanking? Ranking { get; private set; }

    public override Entrant Make(EvaluationInputs inputs, JsonObject? hyperparameters, IProgress<double> progress, CancellationToken cancellationToken) =>
        Entrant.Of(Ranking = new MadeUpRanking(Name, bundle.RankingOf(inputs), rules, depth));

    /// <summary>The costs, for people.</summary>
    public static void Write(CommandHost host, IReadOnlyList<SlateCost> costs)
    {
        var table = new Table().Border(TableBorder.Rounded).Title("make-up of slates: what it costs and brings").AddColumn("scenario");
        foreach (string column in (string[])["NDCG@10", "change", "95 %", "diversity (content)", "diversity (vectors)", "novelty", "coverage"])
            table.AddColumn(new TableColumn(column).RightAligned());
        foreach (SlateCost cost in costs)
        {
            table.AddRow(
                Markup.Escape(cost.Scenario), Pair(cost.Ndcg), Text($"{cost.Loss.Difference:+0.0000;-0.0000;0.0000}"),
                Text($"{cost.Loss.Interval.Low:+0.0000;-0.0000;0.0000} to {cost.Loss.Interval.High:+0.0000;-0.0000;0.0000}"),
                Pair(cost.ContentDiversity), Pair(cost.VectorDiversity), Pair(cost.Novelty), Pair(cost.Coverage));
        }

        host.Console.Write(table);

        static string Pair(BeforeAfter figure) => Text($"{figure.Without:0.0000} → {figure.With:0.0000} ({figure.Change * 100:+0.0;-0.0;0.0} %)");

        static string Text(FormattableString text) => FormattableString.Invariant(text);
    }

    /// <summary>The costs as a property "slate".</summary>
    public static void Write(Utf8JsonWriter json, IReadOnlyList<SlateCost> costs)
    {
        json.WriteStartObject("slate");
        foreach (SlateCost cost in costs)
        {
            json.WriteStartObject(cost.Scenario);
            Pair("ndcg@10", cost.Ndcg);
            json.WriteNumber("diff", cost.Loss.Difference);
            json.WriteStartArray("ci95");
            json.WriteNumberValue(cost.Loss.Interval.Low);
            json.WriteNumberValue(cost.Loss.Interval.High);
            json.WriteEndArray();
            json.WriteNumber("p_two_sided", cost.Loss.P);
            Pair("ild@10", cost.ContentDiversity);
            Pair("vector_ild@10", cost.VectorDiversity);
            Pair("novelty@10", cost.Novelty);
            Pair("coverage@10", cost.Coverage);
            json.WriteEndObject();
        }

        json.WriteEndObject();

        void Pair(string name, BeforeAfter figure)
        {
            json.WriteNumber(name, figure.Without);
            json.WriteNumber($"{name}_made_up", figure.With);
        }
    }
}
