using System.Globalization;
using Inference.Towers.Import;
using Inference.Training.Evaluation;
using Inference.Training.Features;
using Inference.Training.Models;
using UnitTests.Training.Evaluation;
using Xunit;

namespace UnitTests.Training.Models;

/// <summary>The models of context give the published figures of the public data set, on the categories that those were made with.</summary>
public sealed class ContextConformanceTests
{
    private static readonly string[] Countries =
        ["United Kingdom", "Germany", "France", "EIRE", "Spain", "Netherlands", "Belgium", "Switzerland", "Portugal", "Australia", "Norway", "Italy", "Channel Islands", "Finland"];

    [SkippableFact]
    public void Score_OfContextPopularity_GivesThePublishedFigures() =>
        AssertMeets("popularity_demographic", static contexts => ContextPopularity.Fit(OnlineRetail.Split, contexts, [0, 2], 20));

    [SkippableFact]
    public void Score_OfContextNaiveBayes_GivesThePublishedFigures() =>
        AssertMeets("context_naive_bayes", static contexts => ContextNaiveBayes.Fit(OnlineRetail.Split, contexts, 20, 0.3));

    private static void AssertMeets(string name, Func<UserContexts, RankingModel> fit)
    {
        OnlineRetail.SkipWhereMissing();
        UserContexts contexts = Contexts();
        RankingModel model = fit(contexts);
        Assert.Equal(name, model.Name);
        Dictionary<string, Dictionary<string, double>> published = OnlineRetail.Published("baseline_users.json", name);
        var judge = new Judge(OnlineRetail.Split, OnlineRetail.Content());
        foreach (string scenario in (string[])[Scenarios.UnseenUser, Scenarios.Warm])
        {
            Scenario asked = Scenarios.All(OnlineRetail.Split, EvaluationPart.Test, contexts).Single(one => one.Name == scenario);
            OnlineRetail.AssertMeets(published[scenario], judge.Evaluate(model, asked).Metrics, $"{name}, {scenario}");
        }
    }

    /// <summary>Country, two-hour part of the day from 8 o'clock, weekday.</summary>
    private static UserContexts Contexts()
    {
        var ids = new List<string>();
        var codes = new List<int>();
        using var table = new CsvReader(Path.Combine(OnlineRetail.Folder, "users.csv.gz"));
        int id = table.Require("user_id"), country = table.Require("country"), first = table.Require("first_timestamp");
        while (table.Read())
        {
            ids.Add(table[id]);
            long seconds = long.Parse(table[first], CultureInfo.InvariantCulture);
            codes.Add(Array.IndexOf(Countries, table[country]) is >= 0 and int place ? place + 1 : Countries.Length + 1);
            codes.Add(1 + (int)Math.Clamp((seconds / 3600 % 24 - 8) / 2, 0, 4));
            codes.Add(1 + (int)((seconds / 86_400 + 3) % 7));
        }

        return new UserContexts([new ContextField("country", [.. Countries, "other"]), new ContextField("hour", [.. "abcde".Select(letter => $"{letter}")]), new ContextField("weekday", [.. "1234567".Select(day => $"{day}")])], ids, [.. codes]);
    }
}
