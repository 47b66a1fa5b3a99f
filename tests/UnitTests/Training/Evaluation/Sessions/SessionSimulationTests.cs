using System.Text.Json;
using Inference.Training.Evaluation;
using Inference.Training.Evaluation.Sessions;
using Inference.Training.Models;
using Xunit;

namespace UnitTests.Training.Evaluation.Sessions;

public sealed class SessionSimulationTests
{
    private const int Catalogue = 40;

    private static readonly SessionOptions Short = new() { Pages = 3, PageLength = 4, DrawnFrom = 12 };

    [SkippableFact]
    public void Play_OfPopularity_GivesThePublishedFigures()
    {
        OnlineRetail.SkipWhereMissing();
        var policy = new SessionPolicy("popularity_static", PopularityModel.Fit(OnlineRetail.Split)) { Learns = false };
        SessionResult played = SessionSimulation.Play(policy, SessionUser.All(OnlineRetail.Split, EvaluationPart.Test, null), OnlineRetail.Split.Items.TrainingCount, new SessionOptions());
        using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(OnlineRetail.Folder, "baseline_session.json")));
        JsonElement published = json.RootElement.GetProperty("in_session").GetProperty("popularity_static");
        Assert.Equal(published.GetProperty("hits_page1").GetDouble(), played.HitsOn(0), 3);
        Assert.Equal(published.GetProperty("hits_5_pages").GetDouble(), played.HitsUntil(5), 3);
        Assert.Equal(published.GetProperty("hits_10_pages").GetDouble(), played.HitsUntil(10), 3);
        Assert.Equal(published.GetProperty("regret_10_pages").GetDouble(), played.Regret, 3);
    }

    [Fact]
    public void Play_OfAModelThatLearns_TellsItWhatWasClickedAndPassedOverInOrder()
    {
        var model = new Recorder();
        SessionResult played = SessionSimulation.Play(new SessionPolicy("p", model), [new SessionUser("u", -1, new[] { 1, 6, 30, 30 })], Catalogue, Short with { Threads = 1 });
        Assert.Equal(["", "1|0,2,3", "1,6|0,2,3,4,5,7"], model.Asked);
        Assert.Equal([1, 1, 0], Enumerable.Range(0, 3).Select(played.HitsOn));
        // Three different items are held out, and four fit on the first page.
        Assert.Equal([2, -1, 0], Enumerable.Range(0, 3).Select(played.RegretOn));
        Assert.Equal(1, played.Regret);
    }

    [Fact]
    public void Play_WithoutSkips_TellsOfClicksAlone()
    {
        var model = new Recorder();
        SessionSimulation.Play(new SessionPolicy("p", model) { ReadsSkips = false }, [new SessionUser("u", -1, new[] { 1, 6 })], Catalogue, Short with { Threads = 1 });
        Assert.Equal(["", "1|", "1,6|"], model.Asked);
    }

    [Fact]
    public void Play_WithADrawnSlot_DrawsAllOfTheNextBestAndNothingElse()
    {
        // A click on each item but those that open the page: so what was shown is what the second page is told of.
        int[] drawn = new int[Catalogue];
        for (ulong seed = 0; seed < 400; seed++)
        {
            var model = new Recorder();
            SessionSimulation.Play(
                new SessionPolicy("p", model) { DrawsLastSlot = true }, [new SessionUser("u", -1, Enumerable.Range(3, Catalogue - 3).ToArray())], Catalogue, Short with { Pages = 2, Runs = 1, Seed = seed, Threads = 1 });
            Assert.EndsWith("|0,1,2", model.Asked[1], StringComparison.Ordinal);
            drawn[int.Parse(model.Asked[1].Split('|')[0], System.Globalization.CultureInfo.InvariantCulture)]++;
        }

        Assert.All(Enumerable.Range(0, Catalogue), item => Assert.InRange(drawn[item], item is >= 3 and < 12 ? 20 : 0, item is >= 3 and < 12 ? 80 : 0));
    }

    [Fact]
    public void Play_WithOtherNumbersOfThreads_GivesTheSame()
    {
        SessionUser[] users = [.. Enumerable.Range(0, 50).Select(user => new SessionUser($"u{user}", user, Enumerable.Range(0, Catalogue).Where(item => (item * 7 + user) % 3 == 0).ToArray()))];
        double[] Totals(int threads) => SessionSimulation.Play(new SessionPolicy("p", new Recorder()) { DrawsLastSlot = true }, users, Catalogue, Short with { Threads = threads }).Totals();
        Assert.Equal(Totals(1), Totals(4));
    }

    [Fact]
    public void Play_BeyondTheCatalogue_ShowsEveryItemOnce()
    {
        SessionResult played = SessionSimulation.Play(new SessionPolicy("p", new Recorder()) { DrawsLastSlot = true }, [new SessionUser("u", -1, Enumerable.Range(0, 10).ToArray())], 10, Short with { Pages = 5 });
        Assert.Equal([4, 4, 2, 0, 0], Enumerable.Range(0, 5).Select(page => Math.Round(played.HitsOn(page), 9)));
        Assert.Equal(0, played.Regret, 9);
    }

    [Fact]
    public void Play_WithScoresThatAreNoNumbers_SaysWhose() =>
        Assert.Contains("'broken'", Assert.Throws<InvalidDataException>(() => SessionSimulation.Play(
            new SessionPolicy("p", new TableModel("broken", [[.. Enumerable.Repeat(double.NaN, Catalogue)]])), [new SessionUser("u", 0, new[] { 1 })], Catalogue, Short)).Message, StringComparison.Ordinal);

    [Fact]
    public void Of_TwoPolicies_HoldsTheSecondAgainstTheFirst()
    {
        SessionUser[] users = [.. Enumerable.Range(0, 30).Select(user => new SessionUser($"u{user}", user, user % 2 == 0 ? new[] { 0, 20 } : [0, 21]))];
        double[][] best = [.. users.Select(user => Enumerable.Range(0, Catalogue).Select(item => user.Relevant.Span.Contains(item) ? 1.0 : 0).ToArray())];
        SessionResult[] results =
        [
            SessionSimulation.Play(new SessionPolicy("first", new Recorder()), users, Catalogue, Short),
            SessionSimulation.Play(new SessionPolicy("best", new TableModel("best", best)), users, Catalogue, Short),
        ];
        var report = SessionReport.Of(EvaluationPart.Test, Short, results, []);
        Assert.Equal(0, report.Policies[0].Hits.Lift);
        Assert.Equal(1, report.Policies[1].Hits.Lift, 9);
        Assert.Equal((1.0, 1.0), (Math.Round(report.Policies[1].Hits.Low, 9), Math.Round(report.Policies[1].Hits.High, 9)));
        Assert.Equal(1, report.Policies[1].RegretReduction, 9);
    }

    /// <summary>Ranks by item index and keeps what it was told.</summary>
    private sealed class Recorder : RankingModel
    {
        public List<string> Asked { get; } = [];

        public override string Name => "recorder";

        public override void Score(in RankingInput user, Span<double> scores)
        {
            string told = string.Join(',', user.History.ToArray()) + "|" + string.Join(',', user.Passed.ToArray());
            lock (Asked)
                Asked.Add(told == "|" ? "" : told);
            for (int item = 0; item < scores.Length; item++)
                scores[item] = -item;
        }
    }
}
