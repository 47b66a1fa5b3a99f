using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Inference.Vectors.Graph;
using Xunit;

namespace UnitTests.Vectors.Graph;

public sealed unsafe class VisitedSetTests
{
    private static readonly ConcurrentBag<uint[]> Kept = [];

    [Theory]
    [InlineData(1)]
    [InlineData(64)]
    [InlineData(1 << 20)]
    public void Add_WithGrowth_AnswersAsAHashSet(int step)
    {
        var random = new Random(step);
        var model = new HashSet<int>();
        var set = new VisitedSet();
        set.Reset(Slots(16), 16);
        for (int i = 0; i < 4000; i++)
        {
            if (set.IsFull)
                set.Grow(Slots(set.SlotCount * 2), set.SlotCount * 2);
            // Multiples of the step, and at times the ends of the range.
            int node = random.Next(20) switch { 0 => 0, 1 => int.MaxValue, 2 => int.MaxValue - 1, _ => random.Next(2000) * step };
            Assert.Equal(model.Add(node), set.Add(node));
        }

        Assert.All(model, node => Assert.False(set.Add(node)));
        Assert.True(set.SlotCount >= 2 * model.Count);
    }

    [Fact]
    public void IsFull_WithHalfOfTheSlots_IsTrue()
    {
        var set = new VisitedSet();
        set.Reset(Slots(64), 64);
        for (int node = 0; node < 32; node++)
        {
            Assert.False(set.IsFull);
            set.Add(node);
            set.Add(node);
        }

        Assert.True(set.IsFull);
        set.Grow(Slots(128), 128);
        Assert.False(set.IsFull);
        Assert.Equal(128u, set.SlotCount);
    }

    [Fact]
    public void Add_BeyondHalf_StillFindsItsPlace()
    {
        // A step of a search may bring more nodes than are left of the half.
        var set = new VisitedSet();
        set.Reset(Slots(64), 64);
        for (int node = 0; node < 63; node++)
            Assert.True(set.Add(node * 1000));

        for (int node = 0; node < 63; node++)
            Assert.False(set.Add(node * 1000));
    }

    [Fact]
    public void Reset_WithUsedMemory_ForgetsAll()
    {
        uint* slots = Slots(256);
        var set = new VisitedSet();
        set.Reset(slots, 256);
        for (int node = 0; node < 100; node++)
            set.Add(node);
        set.Reset(slots, 128);

        for (int node = 0; node < 64; node++)
            Assert.True(set.Add(node));
        Assert.True(set.IsFull);
    }

    /// <summary>Pinned, and kept here because the set holds no reference. Full of members that a set has to clear.</summary>
    private static uint* Slots(uint count)
    {
        uint[] slots = GC.AllocateUninitializedArray<uint>((int)count, pinned: true);
        Array.Fill(slots, 5u);
        Kept.Add(slots);
        return (uint*)Marshal.UnsafeAddrOfPinnedArrayElement(slots, 0);
    }
}
