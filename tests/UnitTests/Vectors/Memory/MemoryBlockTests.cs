using System.Runtime.CompilerServices;
using Inference.Vectors.Memory;
using Xunit;

namespace UnitTests.Vectors.Memory;

public sealed class MemoryBlockTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1000)]
    [InlineData(4 << 20)]
    public unsafe void Start_OfAnyLength_IsAligned(int length)
    {
        using var block = new MemoryBlock((nuint)length * sizeof(float));

        Assert.Equal(0u, (nuint)Unsafe.AsPointer(ref block.Start<float>()) % MemoryBlock.Alignment);
        if (length > 0)
            Unsafe.Add(ref block.Start<float>(), length - 1) = 1;
    }

    [Fact]
    public void TryHold_WhileHeld_Succeeds()
    {
        var block = new MemoryBlock(64);
        Assert.True(block.TryHold());
        block.Release();
        Assert.True(block.TryHold());
        block.Release();
        block.Release();
        Assert.False(block.TryHold());
    }

    [Fact]
    public void Release_FromManyThreads_FreesOnceAndForAll()
    {
        var block = new MemoryBlock(1 << 18);
        int refused = 0;
        Parallel.For(0, 10_000, i =>
        {
            if (i == 5_000)
            {
                block.Release();
            }
            else if (block.TryHold())
            {
                Unsafe.Add(ref block.Start<float>(), i) = i;
                block.Release();
            }
            else
            {
                Interlocked.Increment(ref refused);
            }
        });

        Assert.False(block.TryHold());
        Assert.True(Unsafe.IsNullRef(ref block.Start<float>()), $"still there, {refused} refused");
    }
}
