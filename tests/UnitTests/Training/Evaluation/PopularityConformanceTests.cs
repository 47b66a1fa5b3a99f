using Inference.Training.Evaluation;
using Inference.Training.Models;
using Xunit;

namespace UnitTests.Training.Evaluation;

/// <summary>The judge gives the published figures of popularity, whose scores leave nothing to chance or rounding.</summary>
public sealed class PopularityConformanceTests
{
    [SkippableFact]
    public void Evaluate_OfPopularity_GivesThePublishedFigures()
    {
        OnlineRetail.SkipWhereMissing();
        var judge = new Judge(OnlineRetail.Split, OnlineRetail.Content());
        var popularity = new Popularity(OnlineRetail.Split.Items.TrainingUsers);
        Dictionary<string, Dictionary<string, double>> published = OnlineRetail.Published("baseline_users.json", "popularity");
        Scenario[] scenarios = [.. Scenarios.All(OnlineRetail.Split, EvaluationPart.Test, contexts: null).Where(scenario => !scenario.NeedsColdItems)];
        Assert.Equal(published.Keys.Order(), scenarios.Select(scenario => scenario.Name).Order());
        foreach (Scenario scenario in scenarios)
            OnlineRetail.AssertMeets(published[scenario.Name], judge.Evaluate(popularity, scenario).Metrics, scenario.Name);
    }

    private sealed class Popularity(IReadOnlyList<int> users) : RankingModel
    {
        public override string Name => "popularity";

        public override void Score(in RankingInput user, Span<double> scores)
        {
            for (int item = 0; item < scores.Length; item++)
                scores[item] = users[item];
        }
    }
}
