using System.Globalization;
using Inference.Training.Data;
using Inference.Training.Evaluation;
using Inference.Training.Features;
using Inference.Training.Models;
using Microsoft.Extensions.Logging;

namespace Inference.Training.Text;

/// <summary>
/// Frozen text embeddings as content of items.
/// <list type="number">
/// <item>Join the texts of each item, and embed them.</item>
/// <item>Whiten the vectors, the training items being the sample; at most 64 components, length 1.</item>
/// <item>Admit them only if they help: a ridge regression from content into the factors of an implicit ALS, with and without them, ranks the unseen items of the validation part; the 95 % interval of the paired difference has to lie above 0.</item>
/// </list>
/// </summary>
public static class TextTraits
{
    /// <summary>Name of the item feature that holds the vectors.</summary>
    public const string Feature = "text_embedding";

    private const int MostComponents = 64;
    private const int FewestTexts = 50;
    private const int Digits = 5;

    /// <summary>Adds text embeddings to the features, where they help.</summary>
    /// <param name="inputs">Data, split, features, judge.</param>
    /// <param name="encoderFolder">The sentence encoder; see <see cref="SentenceEncoder"/>.</param>
    /// <param name="logger">Receives what the runtime has to say.</param>
    /// <param name="begin">Begins a step that people can watch.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The inputs with what was decided: with the vectors, or with the reason why they are left out.</returns>
    /// <exception cref="InvalidDataException">The encoder cannot be used.</exception>
    public static (EvaluationInputs Inputs, TextReport Report) Add(EvaluationInputs inputs, string encoderFolder, ILogger logger, Func<string, IProgress<double>> begin, CancellationToken cancellationToken)
    {
        // :: Step 1 embed
        using SentenceEncoder encoder = SentenceEncoder.Open(encoderFolder, logger);
        (List<int> items, List<string> texts) = Texts(inputs);
        if (texts.Count >= FewestTexts && items.TrueForAll(item => item >= inputs.Split.Items.TrainingCount))
            return LeftOut(inputs, new TextReport(false, 0, texts.Count, null, "no item of the training part has a text"));
        if (texts.Count < FewestTexts)
            return LeftOut(inputs, new TextReport(false, 0, texts.Count, null, $"{texts.Count} items have a text; {FewestTexts} are needed"));
        IReadOnlyList<float[]> vectors = encoder.Encode(texts, begin("embedding texts"), cancellationToken);

        // :: Step 2 whiten
        begin("whitening texts");
        var whitening = Whitening.Fit([.. vectors.Where((_, i) => items[i] < inputs.Split.Items.TrainingCount)], MostComponents, inputs.Seed);
        if (whitening.Width == 0)
            return LeftOut(inputs, new TextReport(false, 0, texts.Count, null, "all texts have the same vector"));
        var byId = new Dictionary<string, IReadOnlyList<double>>(items.Count, StringComparer.Ordinal);
        for (int i = 0; i < items.Count; i++)
        {
            // What is stored is what was trained with, digit for digit.
            byId[inputs.Split.Items.Ids[items[i]]] = Array.ConvertAll(whitening.Apply(vectors[i]), value => Math.Round(value, Digits));
        }

        // :: Step 3 admit
        var with = new ItemVectors(Feature, whitening.Width, $"{whitening.Width} numbers by {Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(encoderFolder)))}", byId);
        FeaturePlan plan = FeaturePlan.Decide(inputs.Data.Users, inputs.Data.Items, inputs.Split, new FeatureOptions { ItemVectors = with });
        TextReport report = Judge(inputs, plan, whitening.Width, texts.Count, begin("judging texts"), cancellationToken);
        return report.IsAdmitted ? (inputs with { Features = plan.With(new FeatureDecision("items", Feature, true, $"{with.What}: {report.Reason}")) }, report) : LeftOut(inputs, report);
    }

    private static (EvaluationInputs Inputs, TextReport Report) LeftOut(EvaluationInputs inputs, TextReport report) =>
        (inputs with { Features = inputs.Features.With(new FeatureDecision("items", Feature, false, "left out: " + report.Reason)) }, report);

    /// <summary>All texts of each item that has one, joined in the order of the columns.</summary>
    private static (List<int> Items, List<string> Texts) Texts(EvaluationInputs inputs)
    {
        EntityColumn[] columns = [.. inputs.Data.Items.Columns.Where(column => column.Type == ColumnType.Text)];
        var items = new List<int>();
        var texts = new List<string>();
        for (int item = 0; item < inputs.Split.Items.Count; item++)
        {
            int row = inputs.Data.Items.Find(inputs.Split.Items.Ids[item]);
            string text = row < 0 ? "" : string.Join(". ", columns.Where(column => column.Codes[row] != EntityColumn.Missing).Select(column => column.TextOf(column.Codes[row]).Trim()).Where(part => part.Length > 0));
            if (text.Length == 0)
                continue;
            items.Add(item);
            texts.Add(text);
        }

        return (items, texts);
    }

    private static TextReport Judge(EvaluationInputs inputs, FeaturePlan plan, int width, int texts, IProgress<double> progress, CancellationToken cancellationToken)
    {
        if (inputs.Split.Items.ColdValidation.GetOffsetAndLength(inputs.Split.Items.Count).Length == 0)
            return new TextReport(false, width, texts, null, "the validation part has no unseen items to judge by");
        Scenario scenario = Scenarios.UnseenItems(inputs.Split, EvaluationPart.Validation, inputs.Contexts);
        if (scenario.Users.Count == 0)
            return new TextReport(false, width, texts, null, "nobody of the validation part took an unseen item");
        if (plan.Traits.TermCount > ContentRidge.MostTerms)
            return new TextReport(false, width, texts, null, string.Create(CultureInfo.InvariantCulture, $"there are more than {ContentRidge.MostTerms} terms to judge by"));
        ImplicitAls als = ImplicitAls.Fit(inputs.Split.Training, inputs.Split.Items.TrainingCount, AlsOptions.Foundation with { Seed = inputs.Seed }, cancellationToken: cancellationToken);
        progress.Report(0.4);
        ScenarioResult without = inputs.Judge.Evaluate(ContentRidge.Fit(inputs.Features.Traits, als, ContentRidge.DefaultPenalty), scenario, cancellationToken);
        progress.Report(0.7);
        ScenarioResult with = inputs.Judge.Evaluate(ContentRidge.Fit(plan.Traits, als, ContentRidge.DefaultPenalty), scenario, cancellationToken);
        PairedComparison comparison = PairedBootstrap.Compare([without, with])[0];
        string reason = string.Create(
            CultureInfo.InvariantCulture,
            $"NDCG@10 of unseen items on the validation part {with.Metrics.Ndcg10:0.0000} with them, {without.Metrics.Ndcg10:0.0000} without; difference {comparison.Difference:+0.0000;-0.0000}, 95 % {comparison.Interval.Low:+0.0000;-0.0000} to {comparison.Interval.High:+0.0000;-0.0000}");
        return new TextReport(comparison.Interval.Low > 0, width, texts, comparison, reason);
    }
}
