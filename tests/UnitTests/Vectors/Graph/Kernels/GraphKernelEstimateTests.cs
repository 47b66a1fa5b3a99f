using Inference.Vectors.Graph.Kernels;
using Xunit;

namespace UnitTests.Vectors.Graph.Kernels;

public sealed class GraphKernelEstimateTests
{
    private const int Slots = IGraphKernels.Slots;

    public static TheoryData<string> Names => GraphKernelCase.Names;

    [Theory]
    [MemberData(nameof(Names))]
    public void Estimate_WithRandomFactors_GivesTheFormulaAndWhatIsBelowTheLimit(string name)
    {
        for (int seed = 0; seed < 50; seed++)
        {
            var random = new Random(seed);
            int[] sums = [.. Enumerable.Range(0, Slots).Select(_ => random.Next(-200_000, 200_000))];
            ushort[] factors = [.. Enumerable.Range(0, 2 * Slots).Select(_ => Bf16(random.NextSingle() * 4 - 2))];
            var line = new EstimateLine(random.NextSingle() * 10 - 5, random.NextSingle() * 2 - 1, random.Next(-1000, 1000) / 2f, random.NextSingle() * 1e-4f);
            float limit = random.NextSingle() * 10 - 5;

            (uint below, float[] estimates) = GraphKernelCase.Of(name).Estimate(sums, factors, line, limit);

            for (int slot = 0; slot < Slots; slot++)
            {
                double first = line.Slope * (double)Single(factors[slot]);
                double second = Single(factors[slot + Slots]) * ((double)sums[slot] - line.Offset) * line.Step;
                Assert.Equal(line.Base + first - second, estimates[slot], 4e-7 * (Math.Abs(line.Base) + Math.Abs(first) + Math.Abs(second)));
                Assert.Equal(estimates[slot] < limit, (below >> slot & 1) != 0);
            }
            Assert.All(estimates[Slots..], static untouched => Assert.Equal(GraphKernelCase.Untouched, untouched));
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Estimate_WithSlotsThatHaveNoNeighbour_LeavesThemOut(string name)
    {
        foreach (float limit in (float[])[0, 1e30f, float.PositiveInfinity])
        {
            for (int slot = 0; slot < Slots; slot++)
            {
                foreach (int empty in (int[])[slot, slot + Slots])
                {
                    var factors = new ushort[2 * Slots];
                    factors[empty] = Bf16(float.NaN);

                    (uint below, float[] estimates) = GraphKernelCase.Of(name).Estimate(new int[Slots], factors, new EstimateLine(-1, 1, 0.5f, 1), limit);

                    Assert.Equal(~(1u << slot), below);
                    Assert.True(float.IsNaN(estimates[slot]));
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Estimate_WithInfiniteFactors_GivesInfiniteEstimates(string name)
    {
        var factors = new ushort[2 * Slots];
        factors[3] = Bf16(float.PositiveInfinity);
        factors[8] = Bf16(float.NegativeInfinity);
        factors[Slots + 17] = Bf16(float.PositiveInfinity);
        factors[Slots + 31] = Bf16(float.NegativeInfinity);
        int[] sums = [.. Enumerable.Repeat(7, Slots)];

        (uint below, float[] estimates) = GraphKernelCase.Of(name).Estimate(sums, factors, new EstimateLine(2, 1, 0.5f, 1), 1);

        Assert.Equal(1u << 8 | 1u << 17, below);
        Assert.Equal(float.PositiveInfinity, estimates[3]);
        Assert.Equal(float.NegativeInfinity, estimates[8]);
        Assert.Equal(float.NegativeInfinity, estimates[17]);
        Assert.Equal(float.PositiveInfinity, estimates[31]);
        Assert.Equal(2, estimates[0]);
        Assert.Equal(0u, GraphKernelCase.Of(name).Estimate(sums, factors, new EstimateLine(2, 1, 0.5f, 1), float.NegativeInfinity).Below);
        Assert.Equal(0u, GraphKernelCase.Of(name).Estimate(sums, factors, new EstimateLine(2, 1, 0.5f, 1), float.NaN).Below);
        Assert.Equal(~(1u << 3 | 1u << 31), GraphKernelCase.Of(name).Estimate(sums, factors, new EstimateLine(2, 1, 0.5f, 1), float.PositiveInfinity).Below);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Estimate_AtTheLimit_IsNotBelow(string name)
    {
        // Whole numbers, so that the estimate of slot j is exactly j.
        ushort[] factors = [.. Enumerable.Range(0, Slots).Select(static slot => Bf16(slot)), .. new ushort[Slots]];

        for (int limit = 0; limit <= Slots; limit++)
            Assert.Equal((uint)((1ul << limit) - 1), GraphKernelCase.Of(name).Estimate(new int[Slots], factors, new EstimateLine(0, 1, 0, 1), limit).Below);
    }

    private static ushort Bf16(float value) => (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16);

    private static float Single(ushort bf16) => BitConverter.UInt32BitsToSingle((uint)bf16 << 16);
}
