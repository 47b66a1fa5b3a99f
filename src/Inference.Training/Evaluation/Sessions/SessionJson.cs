using System.Globalization;
using System.Text.Json;

namespace Inference.Training.Evaluation.Sessions;

/// <summary>Simulated sessions as JSON, with the names that the published baselines have.</summary>
public static class SessionJson
{
    /// <summary>Pages after which clicks are told beside the first and all.</summary>
    public const int SomePages = 5;

    /// <param name="json">Receives one object.</param>
    /// <param name="dataset">Name of the data set.</param>
    /// <param name="report">What was found.</param>
    public static void Write(Utf8JsonWriter json, string dataset, SessionReport report)
    {
        json.WriteStartObject();
        json.WriteString("dataset", dataset);
        json.WriteString("part", report.Part == EvaluationPart.Test ? "test" : "validation");
        json.WriteString("protocol", Protocol(report));
        json.WriteNumber("seed", report.Options.Seed);
        json.WriteNumber("users", report.Users);
        json.WriteNumber("pages", report.Options.Pages);
        json.WriteNumber("page_length", report.Options.PageLength);
        json.WriteStartObject("in_session");
        foreach (SessionScore score in report.Policies)
        {
            json.WriteStartObject(score.Result.Policy.Name);
            Policy(json, report, score);
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteStartObject("new_items_one_slot");
        foreach (NewItemResult result in report.NewItems)
        {
            json.WriteStartObject(result.Name);
            json.WriteNumber("visits", result.Visits);
            json.WriteNumber("shown", result.Shown);
            json.WriteNumber("ctr", result.ClickRate);
            json.WriteNumber("ctr_second_half", result.ClickRateLate);
            json.WriteNumber("share_of_new_items_with_5_or_more_exposures", result.ShareOfFive);
            json.WriteNumber("share_of_new_items_past_the_floor", result.ShareOfFloor);
            json.WriteNumber("least_exposures", result.LeastShown);
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <summary>One sentence on how it was played.</summary>
    public static string Protocol(SessionReport report) => string.Create(
        CultureInfo.InvariantCulture,
        $"{report.Options.Pages} pages x {report.Options.PageLength} items, unseen {(report.Part == EvaluationPart.Test ? "test" : "validation")} users, click = item is in the user held-out set (support+targets); unlogged items count as no click");

    private static void Policy(Utf8JsonWriter json, SessionReport report, SessionScore score)
    {
        int pages = report.Options.Pages;
        Number(json, "hits_page1", score.Result.HitsOn(0));
        if (pages > SomePages)
            Number(json, $"hits_{SomePages}_pages", score.Result.HitsUntil(SomePages));
        Number(json, string.Create(CultureInfo.InvariantCulture, $"hits_{pages}_pages"), score.Result.HitsUntil(pages));
        Number(json, string.Create(CultureInfo.InvariantCulture, $"regret_{pages}_pages"), score.Result.Regret);
        Number(json, "regret_reduction_vs_popularity", score.RegretReduction);
        Number(json, "hits_lift_vs_popularity", score.Hits.Lift);
        json.WriteStartArray("hits_lift_vs_popularity_ci95");
        json.WriteNumberValue(score.Hits.Low);
        json.WriteNumberValue(score.Hits.High);
        json.WriteEndArray();
        json.WriteStartArray("hits_by_page");
        for (int page = 0; page < pages; page++)
            json.WriteNumberValue(score.Result.HitsOn(page));
        json.WriteEndArray();
        json.WriteStartArray("regret_by_page");
        for (int page = 0; page < pages; page++)
            json.WriteNumberValue(score.Result.RegretOn(page));
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
