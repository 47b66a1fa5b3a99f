using System.Text.Json;
using System.Text.Json.Nodes;
using Inference.Recommendations.Fusion;
using Inference.Training.Evaluation;
using Inference.Training.Features;

namespace Inference.Training.Fused;

/// <summary>What the manifest of a trained bundle says of it: data, choices, scores.</summary>
public static class ModelCard
{
    /// <param name="model">The model.</param>
    /// <param name="results">Its results by scenario, and those of popularity beside them.</param>
    /// <param name="part">The part of the split that they are of.</param>
    /// <param name="took">What training took.</param>
    public static JsonElement Of(TrainedModel model, IReadOnlyList<ScenarioResult> results, EvaluationPart part, TimeSpan took)
    {
        TrainingSet set = model.Set;
        var scores = new JsonObject();
        foreach (ScenarioResult result in results)
        {
            JsonObject byModel = scores[result.Scenario.Name] as JsonObject ?? [];
            scores[result.Scenario.Name] = byModel;
            byModel[result.Model] = new JsonObject
            {
                ["ndcg@10"] = Rounded(result.Metrics.Ndcg10),
                ["ndcg@10_ci95"] = new JsonArray(Rounded(result.Metrics.Ndcg10Interval.Low), Rounded(result.Metrics.Ndcg10Interval.High)),
                ["recall@10"] = Rounded(result.Metrics.Recall10),
                ["coverage@10"] = Rounded(result.Metrics.Coverage10),
                ["users"] = result.Metrics.Users,
            };
        }

        var card = new JsonObject
        {
            ["data"] = new JsonObject
            {
                ["training_users"] = set.Split.TrainingUserIds.Count,
                ["training_events"] = set.Split.Training.Total,
                ["catalogue_items"] = set.TrainedCount,
                ["new_items"] = set.ItemCount - set.TrainedCount,
                ["events"] = set.Events.Rule,
            },
            ["features"] = new JsonArray([.. set.Plan.Decisions.Where(decision => decision.Used).Select(decision => (JsonNode)$"{decision.Table}.{decision.Column}: {decision.What}")]),
            ["left_out"] = new JsonArray([.. set.Plan.Decisions.Where(decision => !decision.Used).Select(decision => (JsonNode)$"{decision.Table}.{decision.Column}: {decision.What}")]),
            ["weights"] = Weights(model.Fusion),
            ["new_items"] = NewItems(model.Fusion),
            ["part"] = part == EvaluationPart.Test ? "test" : "validation",
            ["scores"] = scores,
            ["training_seconds"] = Math.Round(took.TotalSeconds, 1),
        };
        return JsonSerializer.SerializeToElement(card);
    }

    private static JsonObject Weights(FusionModel fusion)
    {
        var points = new JsonObject();
        foreach (FusionWeightPoint point in fusion.Weights?.Points ?? [])
        {
            var weights = new JsonObject();
            for (int source = 0; source < fusion.Sources.Count; source++)
            {
                if (point.Weights[source] != 0)
                    weights[fusion.Sources[source].Name] = Math.Round(point.Weights[source], 4);
            }

            points[point.Events.ToString(System.Globalization.CultureInfo.InvariantCulture)] = weights;
        }

        return points;
    }

    /// <summary>Level and weights of new items; null where they are scored as all others.</summary>
    private static JsonObject? NewItems(FusionModel fusion)
    {
        if (fusion.NewItems is not { } newItems)
            return null;
        var weights = new JsonObject();
        for (int source = 0; source < fusion.Sources.Count; source++)
        {
            if (newItems.Weights[source] != 0)
                weights[fusion.Sources[source].Name] = Math.Round(newItems.Weights[source], 4);
        }

        return new JsonObject { ["first_row"] = newItems.FirstRow, ["level"] = newItems.Level, ["weights"] = weights };
    }

    private static double Rounded(double value) => Math.Round(value, 5);
}
