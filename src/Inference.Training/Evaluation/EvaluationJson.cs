using System.Text.Json;

namespace Inference.Training.Evaluation;

/// <summary>
/// An evaluation as JSON: results → model → scenario → metric, and hyperparameters → model, as the published baselines have it; beside them significance, exposure and seconds. What is not a number is null.
/// </summary>
public static class EvaluationJson
{
    /// <param name="json">Receives one object.</param>
    /// <param name="report">What was found.</param>
    /// <param name="more">Writes further properties of the object; null for none.</param>
    public static void Write(Utf8JsonWriter json, EvaluationReport report, Action<Utf8JsonWriter>? more = null)
    {
        json.WriteStartObject();
        json.WriteString("dataset", report.Dataset);
        json.WriteString("part", report.Part == EvaluationPart.Test ? "test" : "validation");
        json.WriteNumber("seed", report.Seed);
        json.WriteStartObject("results");
        foreach (EntrantReport entrant in report.Entrants)
        {
            json.WriteStartObject(entrant.Name);
            foreach (ScenarioResult result in entrant.Results)
            {
                json.WritePropertyName(result.Scenario.Name);
                Metrics(json, result.Metrics);
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteStartObject("hyperparameters");
        foreach (EntrantReport entrant in report.Entrants.Where(entrant => entrant.Hyperparameters is not null))
        {
            json.WritePropertyName(entrant.Name);
            entrant.Hyperparameters!.WriteTo(json);
        }

        json.WriteEndObject();
        Significance(json, report);
        Exposure(json, report);
        Data(json, report);
        more?.Invoke(json);
        json.WriteEndObject();
    }

    private static void Metrics(Utf8JsonWriter json, ScenarioMetrics metrics)
    {
        json.WriteStartObject();
        foreach ((string name, double value) in metrics.Named())
        {
            Number(json, name, value);
            // Where the published files have them: between what users see and what the slates are like.
            if (name == "mrr")
            {
                Interval(json, "ndcg@10_ci95", metrics.Ndcg10Interval);
                json.WriteNumber("users", metrics.Users);
            }
        }

        if (metrics.Skipped > 0)
            json.WriteNumber("users_without_targets", metrics.Skipped);
        json.WriteEndObject();
    }

    private static void Significance(Utf8JsonWriter json, EvaluationReport report)
    {
        json.WriteStartObject("significance");
        foreach (Scenario scenario in report.Scenarios)
        {
            json.WriteStartArray(scenario.Name);
            foreach (PairedComparison pair in report.Significance[scenario.Name])
            {
                json.WriteStartObject();
                json.WriteString("model", pair.Model);
                json.WriteString("baseline", pair.Baseline);
                Number(json, "diff", pair.Difference);
                Number(json, "rel", pair.Relative);
                Interval(json, "ci95", pair.Interval);
                Number(json, "p_two_sided", pair.P);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private static void Exposure(Utf8JsonWriter json, EvaluationReport report)
    {
        json.WriteStartObject("exposure");
        foreach (IGrouping<string, ExposureReport> ofModel in report.Exposure.GroupBy(one => one.Model))
        {
            json.WriteStartObject(ofModel.Key);
            foreach (IGrouping<string, ExposureReport> ofScenario in ofModel.GroupBy(one => one.Scenario))
            {
                json.WriteStartObject(ofScenario.Key);
                foreach (ExposureReport one in ofScenario)
                {
                    json.WriteStartObject(one.Grouping);
                    Number(json, "gini", one.Gini);
                    json.WriteStartArray("groups");
                    foreach (GroupExposure group in one.Groups)
                    {
                        json.WriteStartObject();
                        json.WriteString("group", group.Group);
                        Number(json, "exposure", group.Exposure);
                        Number(json, "catalogue", group.Catalogue);
                        Number(json, "targets", group.Targets);
                        Number(json, "per_catalogue", group.PerCatalogue);
                        Number(json, "per_target", group.PerTarget);
                        json.WriteEndObject();
                    }

                    json.WriteEndArray();
                    json.WriteEndObject();
                }

                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void Data(Utf8JsonWriter json, EvaluationReport report)
    {
        json.WriteStartObject("data");
        json.WriteNumber("training_users", report.TrainingUsers);
        json.WriteNumber("training_events", report.TrainingEvents);
        json.WriteNumber("catalogue_items", report.CatalogueItems);
        json.WriteEndObject();
        json.WriteStartObject("left_out");
        foreach ((string name, string reason) in report.LeftOut)
            json.WriteString(name, reason);
        json.WriteEndObject();
        json.WriteStartObject("seconds");
        Number(json, "all", Math.Round(report.Elapsed.TotalSeconds, 3));
        json.WriteStartObject("models");
        foreach (EntrantReport entrant in report.Entrants)
        {
            json.WriteStartObject(entrant.Name);
            Number(json, "fit", Math.Round(entrant.FitTime.TotalSeconds, 3));
            Number(json, "judge", Math.Round(entrant.JudgeTime.TotalSeconds, 3));
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void Interval(Utf8JsonWriter json, string name, (double Low, double High) interval)
    {
        json.WriteStartArray(name);
        json.WriteNumberValue(interval.Low);
        json.WriteNumberValue(interval.High);
        json.WriteEndArray();
    }

    private static void Number(Utf8JsonWriter json, string name, double value)
    {
        if (double.IsFinite(value))
            json.WriteNumber(name, value);
        else
            json.WriteNull(name);
    }
}
