using Inference.Training.Chance;
using Inference.Training.Demo;

namespace Inference.Cli.Simulation;

/// <summary>
/// A visitor whose taste is known. Everything that chance decides of it hangs on the session and the item alone, so all policies that show the same item in the same slot see the same thing happen.
/// <list type="number">
/// <item>Slot k is looked at with the probability k^−bias.</item>
/// <item>Of what is looked at, item i is clicked with the probability 1 − exp(−A · P(i | user)): the user comes by it at the rate of the truth, A times in all over the whole catalogue.</item>
/// </list>
/// </summary>
internal sealed class SimulatedUser
{
    private const ulong LooksStream = 1UL << 63;

    private readonly double[] _clicks;
    private readonly ulong _seed;
    private readonly double _bias;

    /// <param name="truth">The world.</param>
    /// <param name="user">An unseen user of it.</param>
    /// <param name="session">Number of the session.</param>
    /// <param name="options">How users are.</param>
    public SimulatedUser(DemoTruth truth, int user, int session, SimulationOptions options)
    {
        _clicks = new double[truth.Count];
        truth.Shares(user, _clicks);
        for (int row = 0; row < _clicks.Length; row++)
            _clicks[row] = 1 - Math.Exp(-options.Appetite * _clicks[row]);
        var seeded = new SeededRandom(options.Seed, (ulong)session);
        (_seed, _bias) = (seeded.NextBits(), options.PositionBias);
    }

    /// <summary>With which probability the user clicks an item that is looked at.</summary>
    public double ClickProbability(int row) => _clicks[row];

    /// <summary>With which probability a slot is looked at.</summary>
    /// <param name="slot">From 1.</param>
    public double LookProbability(int slot) => _bias == 0 ? 1 : Math.Pow(slot, -_bias);

    /// <summary>Whether the user looks at a slot of a page.</summary>
    public bool Looks(int page, int slot) => _bias == 0 || new SeededRandom(_seed, LooksStream | ((ulong)page << 32) | (uint)slot).NextDouble() < LookProbability(slot);

    /// <summary>Whether the user clicks an item when looking at it.</summary>
    public bool Clicks(int row) => new SeededRandom(_seed, (ulong)row).NextDouble() < _clicks[row];
}
