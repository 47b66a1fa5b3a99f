using Inference.Training.Evaluation;
using Inference.Training.Linear;
using Inference.Training.Models;
using Inference.Training.Splits;
using UnitTests.Training.Evaluation;
using Xunit;

namespace UnitTests.Training.Models;

/// <summary>The closed-form models give the published figures of the public data set, with the published hyper-parameters.</summary>
public sealed class ItemModelConformanceTests
{
    private static readonly Lazy<Judge> Judge = new(() => new Judge(OnlineRetail.Split, OnlineRetail.Content()));
    private static readonly Lazy<SparseGram> Gram = new(() => SparseGram.Of(OnlineRetail.Split.Training, OnlineRetail.Split.Items.TrainingCount));

    [SkippableFact]
    public void Score_OfEase_GivesThePublishedFigures() => AssertMeets(static () => (Ease.Fit(Gram.Value, 12_800), Ease.Fit(Gram.Value, 100)));

    [SkippableFact]
    public void Score_OfItemKnn_GivesThePublishedFigures() =>
        AssertMeets(static () => (ItemKnn.Fit(Gram.Value, new ItemKnnOptions(5000, 20, 0.7)), ItemKnn.Fit(Gram.Value, new ItemKnnOptions(100, 100, 0.3))));

    [SkippableFact]
    public void Score_OfPairRules_GivesThePublishedFigures() => AssertMeets(static () => (
        PairRules.Fit(Gram.Value, new PairRulesOptions(3, PairRuleMode.MaxConfidence)),
        RecentHistory.Of(PairRules.Fit(Gram.Value, new PairRulesOptions(3, PairRuleMode.ConfidenceLift)), 50)));

    /// <summary>Another random start than that of the published figures: near, not equal.</summary>
    [SkippableFact]
    public void Score_OfImplicitAls_IsAsGoodAsPublished()
    {
        OnlineRetail.SkipWhereMissing();
        ColdSplit split = OnlineRetail.Split;
        ImplicitAls als = ImplicitAls.Fit(split.Training, split.Items.TrainingCount, new AlsOptions { Ridge = 0.03, UnseenWeight = 0.1 });
        double published = OnlineRetail.Published("baseline_users.json", "ials")["few_10"]["ndcg@10"];
        Assert.InRange(Judge.Value.Ndcg10(als, Scenarios.FewShots(split, EvaluationPart.Test, 10)), published * 0.97, published * 1.03);
    }

    private static void AssertMeets(Func<(RankingModel Few, RankingModel Warm)> fit)
    {
        OnlineRetail.SkipWhereMissing();
        (RankingModel few, RankingModel warm) = fit();
        Dictionary<string, Dictionary<string, double>> published = OnlineRetail.Published("baseline_users.json", few.Name);
        Assert.Equal(5, published.Count);
        foreach (Scenario scenario in Scenarios.All(OnlineRetail.Split, EvaluationPart.Test, contexts: null))
        {
            if (published.TryGetValue(scenario.Name, out Dictionary<string, double>? figures))
                OnlineRetail.AssertMeets(figures, Judge.Value.Evaluate(scenario.Name == Scenarios.Warm ? warm : few, scenario).Metrics, $"{few.Name}, {scenario.Name}");
        }
    }
}
