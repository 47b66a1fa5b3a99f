using Inference.Cli.Simulation;
using Inference.Training.Demo;
using Xunit;

namespace UnitTests.Cli.Simulation;

public sealed class SimulatedUserTests : IDisposable
{
    private static readonly SimulationOptions Options = new()
    {
        Sessions = 1, Pages = 1, PageLength = 10, Appetite = 80, PositionBias = 0.5, NewItems = 0, Seed = 4, Keeps = false, Timeout = TimeSpan.FromSeconds(1),
    };

    private readonly string _folder = Directory.CreateTempSubdirectory("simulated-").FullName;
    private readonly DemoTruth _truth;

    public SimulatedUserTests()
    {
        DemoWorld world = DemoWorld.Draw(new DemoOptions { Items = 100, Users = 50, Dimension = 8 });
        DemoDataFolder.Write(world, _folder);
        DemoTruthFolder.Write(world, Path.Combine(_folder, "truth"));
        _truth = DemoTruth.Read(_folder);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Clicks_OverManySessions_AreAsFrequentAsTheTruthSays()
    {
        double[] shares = new double[_truth.Count];
        _truth.Shares(0, shares);
        double expected = 0, clicks = 0;
        for (int session = 0; session < 200; session++)
        {
            var user = new SimulatedUser(_truth, 0, session, Options);
            for (int row = 0; row < _truth.Count; row++)
            {
                Assert.Equal(1 - Math.Exp(-80 * shares[row]), user.ClickProbability(row), 12);
                expected += user.ClickProbability(row);
                clicks += user.Clicks(row) ? 1 : 0;
            }
        }

        Assert.InRange(clicks / expected, 0.97, 1.03);
    }

    [Fact]
    public void Looks_WithABias_GetRarerDownThePage()
    {
        int[] looks = new int[9];
        for (int session = 0; session < 100; session++)
        {
            var user = new SimulatedUser(_truth, 0, session, Options);
            for (int page = 0; page < 20; page++)
            {
                for (int slot = 1; slot < looks.Length; slot++)
                    looks[slot] += user.Looks(page, slot) ? 1 : 0;
            }
        }

        Assert.Equal(2_000, looks[1]);
        Assert.InRange(looks[4], 900, 1_100);
        Assert.InRange(looks[8], 620, 800);
    }

    [Fact]
    public void Clicks_OfTheSameSession_AreTheSameForAllPoliciesAndOthersInTheNext()
    {
        bool[] Of(int session) => [.. Enumerable.Range(0, _truth.Count).Select(new SimulatedUser(_truth, 3, session, Options).Clicks)];
        Assert.Equal(Of(0), Of(0));
        Assert.NotEqual(Of(0), Of(1));
    }
}
