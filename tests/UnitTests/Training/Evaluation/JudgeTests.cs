using Inference.Training.Chance;
using Inference.Training.Evaluation;
using Inference.Training.Models;
using Inference.Training.Splits;
using UnitTests.Testing;
using Xunit;

namespace UnitTests.Training.Evaluation;

public sealed class JudgeTests
{
    [Theory]
    [InlineData(1, 200, 40, 1_000)] // hardly any ties
    [InlineData(2, 200, 40, 3)] // almost all scores tie
    [InlineData(3, 61, 7, 1)] // all scores tie
    [InlineData(4, 7, 30, 4)] // fewer than ten candidates
    [InlineData(5, 1, 3, 4)] // one candidate
    [InlineData(6, 30, 9, 50)] // fewer than fifty candidates
    public void Evaluate_OnRandomCases_AgreesWithTheDefinitions(ulong seed, int catalogue, int users, int distinctScores)
    {
        World world = World.Make(seed, catalogue, users, distinctScores);
        foreach (Scenario scenario in world.Scenarios)
        {
            ScenarioResult result = world.Judge(threads: 1).Evaluate(new TableModel("m", world.Scores, scoresColdItems: true), scenario);
            Dictionary<string, double> expected = NaiveJudge.Evaluate(scenario, world.Scores, world.Content, world.TrainingUsers, world.Split.TrainingUserIds.Count);
            foreach ((string name, double value) in result.Metrics.Named())
                Assert.True(Math.Abs(expected[name] - value) < 1e-9, $"{name} of {scenario.Name}: {value}, not {expected[name]}");
            Assert.Equal(expected["low"], result.Metrics.Ndcg10Interval.Low, 1e-9);
            Assert.Equal(expected["high"], result.Metrics.Ndcg10Interval.High, 1e-9);
            Assert.Equal(result.Metrics.Ndcg10, world.Judge(threads: 1).Ndcg10(new TableModel("m", world.Scores, scoresColdItems: true), scenario), 1e-15);
        }
    }

    [Fact]
    public void Evaluate_WithAnyNumberOfThreads_GivesTheSameBits()
    {
        World world = World.Make(seed: 7, catalogue: 150, users: 200, distinctScores: 20);
        var model = new TableModel("m", world.Scores);
        ScenarioResult one = world.Judge(threads: 1).Evaluate(model, world.Scenarios[0]);
        ScenarioResult many = world.Judge(threads: 5).Evaluate(model, world.Scenarios[0]);
        Assert.Equal(one.Metrics, many.Metrics);
        Assert.Equal(one.Ndcg10, many.Ndcg10);
        Assert.Equal(one.Exposures, many.Exposures);
    }

    [Fact]
    public void Evaluate_WithTies_RanksTheLowerIndexFirst()
    {
        ColdSplit split = SmallSplit.Make();
        double[] scores = new double[split.Items.Count]; // all 0
        var user = new ScenarioUser("u", new RankingInput(default, 0), (int[])[0, 1], (int[])[5]);
        Scenario scenario = new("s", EvaluationPart.Test, new CandidateItems(20, (0, 20)), [user]);
        ScenarioMetrics metrics = Judge(split).Evaluate(new TableModel("m", [scores]), scenario).Metrics;
        // Items 2, 3, 4, and then the target.
        Assert.Equal(0.25, metrics.Mrr);
        Assert.Equal(1 / Math.Log2(5), metrics.Ndcg10, 1e-12);
    }

    [Fact]
    public void Evaluate_WithUsersWithoutTargets_LeavesThemOutAndCountsThem()
    {
        ColdSplit split = SmallSplit.Make();
        ScenarioUser With(params int[] targets) => new("u", new RankingInput(default, 0), default, targets);
        Scenario scenario = new("s", EvaluationPart.Test, new CandidateItems(20, (0, 20)), [With(), With(3), With(21), With(21, 4)]);
        ScenarioMetrics metrics = Judge(split).Evaluate(new TableModel("m", [new double[25]]), scenario).Metrics;
        Assert.Equal(2, metrics.Users);
        Assert.Equal(2, metrics.Skipped);
        Assert.Equal(1, metrics.RecallAll10); // 21 is no candidate, and no target either
    }

    [Fact]
    public void Evaluate_WithScoresThatAreNotFinite_SaysWhoseTheyAre()
    {
        ColdSplit split = SmallSplit.Make();
        double[] scores = new double[25];
        scores[17] = double.NaN;
        Scenario scenario = Scenarios.WarmUsers(split, EvaluationPart.Test);
        scenario = new Scenario("s", EvaluationPart.Test, scenario.Candidates, scenario.Users.Select(user => user with { Input = new RankingInput(user.Input.History, 0) }));
        var failure = Assert.Throws<InvalidDataException>(() => Judge(split).Evaluate(new TableModel("broken", [scores]), scenario));
        Assert.Contains("'broken'", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Evaluate_OfColdItemsWithAModelThatKnowsNone_Throws()
    {
        ColdSplit split = SmallSplit.Make();
        Assert.Throws<ArgumentException>(() => Judge(split).Evaluate(new TableModel("m", [new double[25]]), Scenarios.UnseenItems(split, EvaluationPart.Test)));
    }

    [Fact]
    public void Of_ForOneUserAfterAnother_AllocatesNothing()
    {
        World world = World.Make(seed: 9, catalogue: 300, users: 100, distinctScores: 100);
        Scenario scenario = world.Scenarios[0];
        var model = new TableModel("m", world.Scores);
        var scratch = new JudgeScratch(scenario.Candidates.ScoreLength, termCount: 6);
        ContentVectors content = ContentVectors.Of(world.Content, weighByRarity: false);
        int[] slate = new int[10];
        double sum = 0;
        JudgeAll();
        Assert.Equal(0, Allocated.Least(() => JudgeAll()));
        Assert.True(double.IsFinite(sum));

        void JudgeAll()
        {
            for (int user = 0; user < scenario.Users.Count; user++)
                sum += UserScores.Of(model, scenario, user, scratch, slate).Ndcg10 + content.Diversity(slate, scratch.TermSums);
        }
    }

    private static Judge Judge(ColdSplit split) => new(split, ContentVectors.Of([.. Enumerable.Repeat<string[]>(["x"], split.Items.Count)], weighByRarity: false));

    /// <summary>A random split with scores.</summary>
    private sealed record World(ColdSplit Split, double[][] Scores, string[][] Content, int[] TrainingUsers, IReadOnlyList<Scenario> Scenarios)
    {
        public Judge Judge(int threads) => new(Split, ContentVectors.Of(Content, weighByRarity: false), threads);

        public static World Make(ulong seed, int catalogue, int users, int distinctScores)
        {
            var random = new SeededRandom(seed);
            int[] trainingUsers = new int[catalogue];
            for (int item = 0; item < catalogue; item++)
                trainingUsers[item] = random.NextInt(50);
            SplitItems items = SmallSplit.Items(catalogue, trainingUsers);
            string[][] content = new string[items.Count][];
            for (int item = 0; item < items.Count; item++)
            {
                content[item] = new string[random.NextInt(5)];
                for (int i = 0; i < content[item].Length; i++)
                    content[item][i] = $"t{random.NextInt(6)}";
            }

            var all = new List<ScenarioUser>();
            var cold = new List<ScenarioUser>();
            double[][] scores = new double[users][];
            for (int user = 0; user < users; user++)
            {
                scores[user] = new double[items.Count];
                for (int item = 0; item < items.Count; item++)
                    scores[user][item] = random.NextInt(distinctScores) - distinctScores / 2;
                int[] order = [.. Enumerable.Range(0, catalogue)];
                random.Shuffle<int>(order);
                int targets = Math.Min(catalogue, 1 + random.NextInt(70));
                int excluded = random.NextInt(catalogue - targets + 1);
                all.Add(new ScenarioUser($"u{user}", new RankingInput(default, user), order.AsMemory(targets, excluded), order.AsMemory(0, targets)));
                cold.Add(new ScenarioUser($"u{user}", new RankingInput(default, user), order.AsMemory(targets, excluded), (int[])[catalogue + random.NextInt(2)]));
            }

            string[] trainingIds = [.. Enumerable.Range(0, 50).Select(user => $"t{user}")];
            RowLists none = SmallSplit.Rows([.. Enumerable.Repeat<int[]>([], 50)]);
            var split = new ColdSplit(items, trainingIds, none, none, none, none, none, SmallSplit.NoUsers, SmallSplit.NoUsers);
            return new World(split, scores, content, [.. trainingUsers, 0, 0, 0, 0, 0],
            [
                new Scenario("catalogue", EvaluationPart.Test, new CandidateItems(catalogue, (0, catalogue)), all),
                new Scenario("cold", EvaluationPart.Test, new CandidateItems(items.Count, (catalogue, catalogue + 2)), cold) { Kind = ScenarioKind.UnseenItems },
                new Scenario("both", EvaluationPart.Test, new CandidateItems(items.Count, (0, catalogue), (catalogue + 2, catalogue + 5)), all) { Kind = ScenarioKind.UnseenItems },
            ]);
        }
    }
}
