using Xunit;

namespace UnitTests.Vectors.Graph.Kernels;

public sealed class GraphKernelRankTests
{
    public static TheoryData<string> Names => GraphKernelCase.Names;

    [Theory]
    [MemberData(nameof(Names))]
    public void Rank_WithAnyCount_CountsTheSmallerKeys(string name)
    {
        for (int count = 0; count <= 40; count++)
        {
            var random = new Random(count);
            ulong[] sorted = [.. Enumerable.Range(0, count).Select(_ => (ulong)random.NextInt64(long.MinValue, long.MaxValue)).Order()];
            ulong[] keys = WithEnd(sorted);
            ulong[] wanted = [.. sorted, .. sorted.Select(static key => key - 1), .. sorted.Select(static key => key + 1), 0, 1, long.MaxValue, 1ul << 63, ulong.MaxValue - 1, ulong.MaxValue];
            foreach (ulong key in wanted)
                Assert.Equal(sorted.Count(smaller => smaller < key), GraphKernelCase.Of(name).Rank(keys, count, key));
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Rank_WithEqualKeys_CountsNoneOfThem(string name)
    {
        for (int equal = 0; equal <= 20; equal++)
        {
            ulong[] keys = WithEnd([3, 4, .. Enumerable.Repeat(1ul << 63, equal), ulong.MaxValue - 1]);

            Assert.Equal(2, GraphKernelCase.Of(name).Rank(keys, equal + 3, 1ul << 63));
            Assert.Equal(2 + equal, GraphKernelCase.Of(name).Rank(keys, equal + 3, (1ul << 63) + 1));
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Rank_WithKeysThatDifferInTheLowHalfOnly_TellsThemApart(string name)
    {
        ulong[] sorted = [.. Enumerable.Range(0, 40).Select(static i => 0x8000_0000_0000_0000 | (ulong)(uint)i * 0x0600_0001)];
        ulong[] keys = WithEnd(sorted);

        for (int i = 0; i < sorted.Length; i++)
            Assert.Equal(i, GraphKernelCase.Of(name).Rank(keys, sorted.Length, sorted[i]));
    }

    /// <summary>Seven largest keys, which may be read, and then smallest ones, which may not.</summary>
    private static ulong[] WithEnd(ulong[] keys) => [.. keys, .. Enumerable.Repeat(ulong.MaxValue, 7), .. new ulong[16]];
}
