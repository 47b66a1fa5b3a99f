using System.Text.Json;
using Inference.Recommendations.Fusion;
using Inference.Training.Checks;
using Inference.Training.Evaluation;
using Inference.Training.Fused;
using Inference.Training.Models;
using Inference.Training.Profiles;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace UnitTests.Training.Fused;

/// <summary>A bundle trained from three CSV files of a shop whose truth is known.</summary>
public sealed class BundleTrainerTests(TrainedShop shop) : IClassFixture<TrainedShop>
{
    [Fact]
    public void Train_OfAShopWithTastes_BeatsPopularityClearly()
    {
        Assert.True(shop.Inputs.Split.Validation.Count >= 30 && shop.Inputs.Split.Test.Count >= 30, $"{shop.Inputs.Split.Validation.Count} and {shop.Inputs.Split.Test.Count} users to judge on.");
        Assert.Equal(EvaluationPart.Test, shop.Report.Part);
        foreach (string scenario in (string[])["few_5", "few_10"])
            Assert.True(Ndcg("fused", scenario) > 1.5 * Ndcg("popularity", scenario), $"{scenario}: {Ndcg("fused", scenario):0.000} and {Ndcg("popularity", scenario):0.000}");
        Assert.True(Ndcg("fused", Scenarios.UnseenUser) > 1.2 * Ndcg("popularity", Scenarios.UnseenUser), "Countries tell of tastes.");
    }

    [Fact]
    public async Task Train_WritesABundleThatAnswersItsGoldenCases()
    {
        IReadOnlyList<GoldenResult> golden = await GoldenResults.MeasureAsync(shop.Bundle, CancellationToken.None);
        Assert.NotEmpty(golden);
        Assert.All(golden, one => Assert.Equal(one.Ranks, one.SameRanks ?? one.Ranks));
        Assert.Equal(("shop", "1", "cafe"), (shop.Bundle.Snapshot.Model.Name, shop.Bundle.Snapshot.Model.Version, shop.Bundle.Snapshot.Model.ParentSpaceId));
        Assert.Equal(shop.Report.EmbeddingSpaceId, shop.Bundle.Snapshot.Model.EmbeddingSpaceId);
        Assert.NotNull(shop.Bundle.Snapshot.Profiles);
    }

    [Fact]
    public void Train_WithTheSameSeed_GivesTheSameWeights()
    {
        FusionModel served = shop.Bundle.Snapshot.Fusion!.Model;
        Assert.Equal(shop.Model.Fusion.Sources.Select(source => source.Name), served.Sources.Select(source => source.Name));
        Assert.Equal(shop.Model.Fusion.Weights!.Points.Select(point => point.Events), served.Weights!.Points.Select(point => point.Events));
        foreach ((FusionWeightPoint expected, FusionWeightPoint actual) in shop.Model.Fusion.Weights.Points.Zip(served.Weights.Points))
            Assert.Equal(expected.Weights, actual.Weights);
    }

    [Fact]
    public void Train_LearnsWeightsOfNewItems()
    {
        NewItemWeights expected = shop.Model.Fusion.NewItems!, served = shop.Bundle.Snapshot.Fusion!.Model.NewItems!;
        Assert.Equal(shop.Model.Set.TrainedCount, served.FirstRow);
        Assert.Equal((expected.FirstRow, expected.Level), (served.FirstRow, served.Level));
        Assert.Equal(expected.Weights.ToArray(), served.Weights.ToArray());
        // What counts clicks says nothing of them.
        foreach ((ScoreSource source, float weight) in shop.Model.Fusion.Sources.Zip(expected.Weights.ToArray()))
            Assert.True(weight == 0 || source is not (PopularitySource or UserNeighbourSource), source.Name);
        JsonElement card = shop.Report.Card.GetProperty("new_items");
        Assert.Equal(served.FirstRow, card.GetProperty("first_row").GetInt32());
        Assert.NotEmpty(card.GetProperty("weights").EnumerateObject());
    }

    [Fact]
    public void Ranking_OfTheBundle_IsThatOfTheModelInMemory()
    {
        var bundle = new BundleRanking("bundle", shop.Bundle, shop.Inputs);
        FusedRanking model = shop.Model.Ranking("model");
        double[] served = new double[shop.Inputs.Split.Items.Count], trained = new double[served.Length];
        foreach (int shots in (int[])[0, 1, 3, 10])
        {
            Scenario scenario = Scenarios.FewShots(shop.Inputs.Split, EvaluationPart.Test, shots, shop.Inputs.Contexts);
            foreach (ScenarioUser user in scenario.Users)
            {
                bundle.Score(user.Input, served);
                model.Score(user.Input, trained);
                for (int item = 0; item < served.Length; item++)
                    Assert.True(Math.Abs(served[item] - trained[item]) < 1e-4, $"{scenario.Name}, user {user.Id}, item {item}: {served[item]} and {trained[item]}");
                // What ONNX rounds otherwise may swap neighbours in the ranking that are that close.
                foreach ((int a, int b) in Top(served).Zip(Top(trained)))
                    Assert.True(a == b || Math.Abs(trained[a] - trained[b]) < 1e-4, $"{scenario.Name}, user {user.Id}: item {a}, not {b}");
            }
        }
    }

    [Fact]
    public void Ranking_OfABundleOnOtherData_PutsWhatItDoesNotKnowLast()
    {
        using var other = new FusedFolder(seed: 2);
        File.AppendAllText(other.File("items.csv"), "new,k1,2.5,thing\n");
        File.AppendAllLines(other.File("events.csv"), Enumerable.Range(0, 30).Select(user => FormattableString.Invariant($"u{user},new,1,1600400000")));
        EvaluationInputs inputs = other.Inputs();
        Assert.True(inputs.Split.Items.TryFind("new", out int item));
        var ranking = new BundleRanking("bundle", shop.Bundle, inputs);
        double[] scores = new double[inputs.Split.Items.Count];
        ranking.Score(new RankingInput((int[])[item, 3], -1), scores);
        Assert.All(scores.Where((_, other) => other != item), score => Assert.True(score > scores[item]));
    }

    [Fact]
    public void Card_HoldsScoresWeightsAndData()
    {
        JsonElement card = shop.Report.Card;
        Assert.Equal(Ndcg("fused", "few_5"), card.GetProperty("scores").GetProperty("few_5").GetProperty("fused").GetProperty("ndcg@10").GetDouble(), 5);
        Assert.Equal(shop.Inputs.Split.Test.Count, card.GetProperty("scores").GetProperty("few_5").GetProperty("popularity").GetProperty("users").GetInt32());
        Assert.Equal(shop.Inputs.Split.Training.Total, card.GetProperty("data").GetProperty("training_events").GetInt32());
        Assert.Equal("test", card.GetProperty("part").GetString());
        Assert.Contains(card.GetProperty("features").EnumerateArray(), feature => feature.GetString()!.Contains("country", StringComparison.Ordinal));
        foreach (JsonProperty point in card.GetProperty("weights").EnumerateObject())
            Assert.Equal(1, point.Value.EnumerateObject().Sum(weight => Math.Abs(weight.Value.GetDouble())), 2);
        Assert.True(JsonElement.DeepEquals(card, shop.Bundle.Manifest.ModelCard!.Value), "The manifest has the card of the report.");
    }

    [Fact]
    public async Task Train_IntoAFolderThatIsThere_RefusesBeforeItTrains()
    {
        await Assert.ThrowsAsync<BundleExistsException>(() => BundleTrainer.TrainAsync(
            shop.Inputs, shop.Report.Bundle, "shop", "1", FusedFolder.QuickOptions, null, overwrite: false, TimeProvider.System, NullLogger.Instance,
            _ => throw new InvalidOperationException("It began."), CancellationToken.None));
    }

    private double Ndcg(string model, string scenario) => shop.Report.Results.Single(result => result.Model == model && result.Scenario.Name == scenario).Metrics.Ndcg10;

    private static int[] Top(double[] scores) => [.. Enumerable.Range(0, scores.Length).OrderByDescending(item => scores[item]).ThenBy(item => item).Take(10)];
}
