using System.Text.Json.Nodes;
using Inference.Training.Evaluation;

namespace Inference.Training.Ranking;

/// <summary>What a bundle's card says of its ranking model.</summary>
internal static class RankerCard
{
    public static JsonObject Of(RankerReport report) => new()
    {
        ["hidden"] = report.Hidden,
        ["decay"] = Math.Round(report.Decay, 6),
        ["ndcg@10"] = new JsonObject
        {
            ["validation"] = GainsOf(report.Validation),
            [report.Part == EvaluationPart.Test ? "test" : "other"] = GainsOf(report.Judged),
        },
    };

    private static JsonObject GainsOf(IReadOnlyList<RankerGain> gains)
    {
        var all = new JsonObject();
        foreach (RankerGain gain in gains)
        {
            all[gain.Scenario] = new JsonObject
            {
                ["users"] = gain.Users, ["found"] = Math.Round(gain.Found, 5), ["ranked"] = Math.Round(gain.Ranked, 5), ["low"] = Math.Round(gain.Interval.Low, 5), ["high"] = Math.Round(gain.Interval.High, 5),
            };
        }

        return all;
    }
}
