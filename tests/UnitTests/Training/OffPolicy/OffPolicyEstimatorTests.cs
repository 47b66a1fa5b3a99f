using Inference.Recommendations.Decisions;
using Inference.Storage.Decisions;
using Inference.Training.OffPolicy;
using Xunit;

namespace UnitTests.Training.OffPolicy;

public sealed class OffPolicyEstimatorTests
{
    private static readonly string[] Off = ["off"];

    [Fact]
    public void Run_OfFourDecisions_IsWhatIsComputedByHand()
    {
        // Either of two items with probability ½; greedy would always have shown the first: weights 2, 2, 2, 0, rewards 1, 0, 1, 1.
        ReplayReport report = OffPolicyEstimator.Run(TestLog.Read(TestLog.Lenient, Off, Four()));

        PolicyValue value = Assert.Single(report.Values);
        Assert.Equal(0.75, report.LoggedValue.Value, 12);
        Assert.Equal(1, value.Ips.Value, 12);
        Assert.Equal(Math.Sqrt(1 / 3.0), value.Ips.StandardError, 12);
        Assert.Equal(2 / 3.0, value.Snips.Value, 12);
        Assert.Equal(Math.Sqrt(32 / 27.0 * 4 / 3) / 4, value.Snips.StandardError, 12);
        Assert.Equal(3, value.EffectiveSize, 12);
        Assert.Equal(2, value.LargestWeight, 12);
        Assert.Equal(1.5, value.MeanWeight, 12);
        Assert.Equal(2, value.Rewarded);
        // Each draw by the other three, which are drawn towards their mean with 20: 1.348485, −1, 1.348485 and 0.666667.
        double first = (1 + (20 * 2 / 3.0)) / 22;
        Assert.Equal(((2 * (first + (2 * (1 - first)))) - 1 + (2 / 3.0)) / 4, value.DoublyRobust.Value, 6);
        Assert.Equal(value.DoublyRobust.Value - 0.75, value.Lift.Value, 12);
    }

    [Theory]
    [InlineData("softmax:temperature=0.7")]
    [InlineData("epsilon_greedy:epsilon=0.4")]
    [InlineData("thompson")]
    public void Run_OfThePolicyOfTheLog_IsTheMeanOfTheLogExactly(string policy)
    {
        ReplayReport report = Simulated(policy, [policy], 800, 3);

        PolicyValue value = Assert.Single(report.Values);
        Assert.Equal(report.LoggedValue, value.Ips);
        Assert.Equal(report.LoggedValue.Value, value.Snips.Value);
        Assert.Equal(800, value.EffectiveSize);
        Assert.Equal(1, value.LargestWeight);
        Assert.True(value.IsAnswered, string.Join("; ", value.Refusals));
    }

    [Fact]
    public void Run_OverManyLogs_CoversTheTruth()
    {
        const int replays = 100;
        var world = new ReplaySimulation(40, 10, 5);
        TargetPolicy logged = TestLog.Policy("softmax:temperature=1"), target = TestLog.Policy("softmax:temperature=0.5");
        double truth = world.Truth(target);
        int snips = 0, robust = 0, ips = 0;
        double bias = 0;

        for (int i = 0; i < replays; i++)
        {
            PolicyValue value = Assert.Single(Simulated(logged.ToString(), [target.ToString()], 600, (ulong)i, world).Values);
            snips += Covers(value.Snips, truth);
            robust += Covers(value.DoublyRobust, truth);
            ips += Covers(value.Ips, truth);
            bias += (value.DoublyRobust.Value - truth) / replays;
        }

        // 95 of 100 are meant; fewer than 88 would be chance once in 300 such tests, and these logs are fixed.
        Assert.True(snips >= 88 && robust >= 88 && ips >= 88, $"SNIPS {snips}, DR {robust}, IPS {ips}");
        Assert.InRange(bias, -0.004, 0.004);
    }

    [Fact]
    public void Run_OfAnotherPolicyThanADeterministicLogs_IsRefused()
    {
        Decision[] decisions = [.. Enumerable.Range(0, 200).Select(i => TestLog.Decision($"r{i}", "off", 5, 0))];

        ReplayReport report = OffPolicyEstimator.Run(TestLog.Read(
            new ReplayOptions(), ["softmax", "off"], [.. decisions, .. decisions.Take(60).Select(decision => TestLog.Click(decision))]));

        Assert.Contains("without chance", Assert.Single(report.Values[0].Refusals, reason => reason.Contains("hardly ever shows", StringComparison.Ordinal)), StringComparison.Ordinal);
        Assert.True(report.Values[1].IsAnswered);
        Assert.Equal(0.3, report.Values[1].Ips.Value);
    }

    [Fact]
    public void Run_OfAPolicyThatTheLogHardlyShows_IsRefused()
    {
        // The greedy item has probability 0.01 in the log, and never came up.
        Decision[] decisions = [.. Enumerable.Range(0, 100).Select(i => TestLog.Decision($"r{i}", "epsilon_greedy:epsilon=1", 100, 1 + (i % 99)))];

        ReplayReport report = OffPolicyEstimator.Run(TestLog.Read(new ReplayOptions(), Off, [.. decisions, .. decisions.Take(60).Select(decision => TestLog.Click(decision))]));

        PolicyValue value = Assert.Single(report.Values);
        Assert.Equal((0, 0, 0), (value.EffectiveSize, value.Ips.Value, value.Rewarded));
        Assert.Contains(value.Refusals, reason => reason.Contains("effective sample size", StringComparison.Ordinal));
        Assert.Contains(value.Refusals, reason => reason.Contains("rewards", StringComparison.Ordinal));
    }

    [Fact]
    public void Run_OfAPolicyThatTheLogShowsInHalfOfItsDecisions_IsRefused()
    {
        // One half has all that greedy would do; in the other the log shows the first item once in a million. Weights of the first half alone would look well.
        var chance = "epsilon_greedy:epsilon=1";
        Decision[] decisions = [.. Enumerable.Range(0, 400).Select(i => TestLog.Decision($"r{i}", chance, 2, i % 4 == 0 ? 0 : 1)).Select((decision, i) => i % 2 == 0 ? decision : Rare(decision))];

        ReplayReport report = OffPolicyEstimator.Run(TestLog.Read(TestLog.Lenient with { MostUnsupported = 0.05 }, Off, [.. decisions, .. decisions.Take(60).Select(decision => TestLog.Click(decision))]));

        Assert.Equal(0.5, report.Values[0].Unsupported, 3);
        Assert.Contains(report.Values[0].Refusals, reason => reason.Contains("hardly ever shows", StringComparison.Ordinal));

        static Decision Rare(Decision decision)
        {
            Choice choice = decision.Choices[0];
            return decision with { Choices = [choice with { Items = [choice.Items[0] with { Probability = 1e-6 }, choice.Items[1] with { Probability = 1 - 1e-6 }] }] };
        }
    }

    [Fact]
    public void Run_WithPropensitiesThatAreNotTrue_IsRefused()
    {
        // The log says one in two, and shows the first item nine times in ten.
        Decision[] decisions = [.. Enumerable.Range(0, 400).Select(i => TestLog.Decision($"r{i}", "epsilon_greedy:epsilon=1", 2, i % 10 == 0 ? 1 : 0))];

        ReplayReport report = OffPolicyEstimator.Run(TestLog.Read(new ReplayOptions(), Off, [.. decisions, .. decisions.Take(60).Select(decision => TestLog.Click(decision))]));

        Assert.Contains("propensities", Assert.Single(Assert.Single(report.Values).Refusals), StringComparison.Ordinal);
    }

    [Fact]
    public void Run_WithoutChance_SaysWhatToDo()
    {
        var failure = Assert.Throws<InvalidDataException>(() => OffPolicyEstimator.Run(TestLog.Read(new ReplayOptions(), Off, TestLog.Decision("r", "off", 5))));

        Assert.Contains("Inference:Exploration:Policy", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_OverSlates_MultipliesWeightsAndAddsRewards()
    {
        // Two draws of two items each: a slate has weight 4 where both are the first, else 0.
        Decision both = TestLog.Decision("r0", "epsilon_greedy:epsilon=1", 2, 0, 0), one = TestLog.Decision("r1", "epsilon_greedy:epsilon=1", 2, 0, 1);

        PolicyValue value = Assert.Single(OffPolicyEstimator.Run(TestLog.Read(
            TestLog.Lenient with { BySlate = true }, Off, both, one, TestLog.Click(both, 0), TestLog.Click(both, 1), TestLog.Click(one, 0))).Values);

        Assert.Equal(4, value.Ips.Value, 12);
        Assert.Equal(2, value.Snips.Value, 12);
        Assert.Equal(4, value.LargestWeight, 12);
        Assert.Equal(1, value.EffectiveSize, 12);
    }

    [Fact]
    public void Run_WithClipping_LimitsWeightsAndSaysHowMany()
    {
        PolicyValue value = Assert.Single(OffPolicyEstimator.Run(TestLog.Read(TestLog.Lenient with { Clip = 1.5 }, Off, Four())).Values);

        Assert.Equal(0.75, value.Ips.Value, 12);
        Assert.Equal(0.75, value.Clipped, 12);
        Assert.Equal(1.5, value.LargestWeight);
    }

    [Fact]
    public void Run_ByUser_DoesNotTakeRequestsOfOneForMany()
    {
        Decision[] decisions = [.. Enumerable.Range(0, 100).Select(i => TestLog.Decision($"r{i}", "epsilon_greedy:epsilon=1", 2, i % 2) with { User = new(7, (ulong)(i % 10) + 1) })];
        object[] log = [.. decisions, .. decisions.Where((_, i) => i % 10 < 5).Select(decision => TestLog.Click(decision))];

        ReplayReport byUser = OffPolicyEstimator.Run(TestLog.Read(new ReplayOptions(), Off, log));
        ReplayReport byRequest = OffPolicyEstimator.Run(TestLog.Read(new ReplayOptions { ByUser = false }, Off, log));

        Assert.Equal((10, 100), (byUser.Clusters, byRequest.Clusters));
        Assert.True(byUser.LoggedValue.StandardError > 2 * byRequest.LoggedValue.StandardError);
        Assert.Contains(byUser.Values[0].Refusals, reason => reason.Contains("--cluster request", StringComparison.Ordinal));
    }

    private static object[] Four()
    {
        Decision[] decisions = [.. new[] { 0, 0, 0, 1 }.Select((chosen, i) => TestLog.Decision($"r{i}", "epsilon_greedy:epsilon=1", 2, chosen))];
        return [.. decisions, TestLog.Click(decisions[0]), TestLog.Click(decisions[2]), TestLog.Click(decisions[3])];
    }

    private static ReplayReport Simulated(string logged, string[] targets, int decisions, ulong seed, ReplaySimulation? world = null)
    {
        world ??= new ReplaySimulation(40, 10, 5);
        var log = new ReplayLog(targets.Select(TestLog.Policy), new ReplayOptions { LeastRewarded = 1 });
        using var lines = new DecisionLines(withUsers: true);
        world.Log(
            TestLog.Policy(logged), decisions, seed,
            decision =>
            {
                lines.Clear();
                lines.Append(decision);
                log.Add(lines.Bytes.Span[..^1]);
            },
            click =>
            {
                lines.Clear();
                lines.Append(click);
                log.Add(lines.Bytes.Span[..^1]);
            });
        log.Close();
        return OffPolicyEstimator.Run(log);
    }

    private static int Covers(Estimate estimate, double truth) => estimate.Low <= truth && truth <= estimate.High ? 1 : 0;
}
