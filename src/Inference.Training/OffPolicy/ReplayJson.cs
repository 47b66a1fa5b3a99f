using System.Text.Json;
using Inference.Recommendations.Decisions;

namespace Inference.Training.OffPolicy;

/// <summary>A report as JSON.</summary>
public static class ReplayJson
{
    /// <summary>Writes an object.</summary>
    public static void Write(Utf8JsonWriter json, ReplayReport report)
    {
        LogCounts counts = report.Counts;
        json.WriteStartObject();
        json.WriteStartObject("log");
        json.WriteNumber("lines", counts.Lines);
        json.WriteNumber("bytes", counts.Bytes);
        json.WriteNumber("decisions", counts.Decisions);
        json.WriteNumber("without_chance", counts.WithoutChance);
        json.WriteNumber("events", counts.Events);
        json.WriteNumber("bad_lines", counts.BadLines);
        json.WriteNumber("cut_short", counts.CutShort);
        json.WriteNumber("duplicate_decisions", counts.DuplicateDecisions);
        json.WriteNumber("duplicate_events", counts.DuplicateEvents);
        json.WriteNumber("orphan_events", counts.OrphanEvents);
        json.WriteNumber("late_events", counts.LateEvents);
        json.WriteNumber("mismatched_events", counts.MismatchedEvents);
        json.WriteNumber("events_of_other_slots", counts.OtherSlots);
        json.WriteStartArray("policies");
        foreach (string policy in report.Logged)
            json.WriteStringValue(policy);
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteString("type", LogNames.Of(report.Options.Type));
        json.WriteString("reward", NameOf(report.Options.Reward));
        json.WriteString("unit", report.Options.BySlate ? "slate" : "slot");
        json.WriteNumber("window_seconds", report.Options.Window.TotalSeconds);
        WriteNumber(json, "clip", report.Options.Clip);
        json.WriteBoolean("confirmed_only", report.Options.ConfirmedOnly);
        json.WriteNumber("units", report.Units);
        json.WriteNumber("draws", report.Draws);
        json.WriteNumber("clusters", report.Clusters);
        json.WriteNumber("users", report.Users);
        json.WriteNumber("rewarded", report.Rewarded);
        Write(json, "logged_value", report.LoggedValue);
        json.WriteStartArray("policies");
        foreach (PolicyValue value in report.Values)
        {
            json.WriteStartObject();
            json.WriteString("policy", value.Policy.ToString());
            json.WriteBoolean("answered", value.IsAnswered);
            json.WriteStartArray("refusals");
            foreach (string refusal in value.Refusals)
                json.WriteStringValue(refusal);
            json.WriteEndArray();
            Write(json, "ips", value.Ips);
            Write(json, "snips", value.Snips);
            Write(json, "dr", value.DoublyRobust);
            Write(json, "lift", value.Lift);
            json.WriteNumber("effective_sample_size", value.EffectiveSize);
            json.WriteNumber("largest_weight", value.LargestWeight);
            json.WriteNumber("mean_weight", value.MeanWeight);
            json.WriteNumber("clipped_share", value.Clipped);
            json.WriteNumber("unsupported_share", value.Unsupported);
            json.WriteNumber("rewarded", value.Rewarded);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>The name of a reward on the command line.</summary>
    public static string NameOf(RewardKind reward) => reward switch
    {
        RewardKind.Cart => "cart",
        RewardKind.Purchase => "purchase",
        RewardKind.Value => "value",
        _ => "click",
    };

    private static void Write(Utf8JsonWriter json, string name, Estimate estimate)
    {
        json.WriteStartObject(name);
        WriteNumber(json, "value", estimate.Value);
        WriteNumber(json, "low", estimate.Low);
        WriteNumber(json, "high", estimate.High);
        WriteNumber(json, "standard_error", estimate.StandardError);
        json.WriteEndObject();
    }

    private static void WriteNumber(Utf8JsonWriter json, string name, double value)
    {
        if (double.IsFinite(value))
            json.WriteNumber(name, value);
        else
            json.WriteNull(name);
    }
}
