using System.Runtime.CompilerServices;
using Inference.Vectors.Memory;
using Xunit;

namespace UnitTests.Vectors.Memory;

public sealed class AlignedFloatsTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1000)]
    [InlineData(4 << 20)]
    public unsafe void Start_OfAnyLength_IsAligned(int length)
    {
        using var floats = new AlignedFloats((nuint)length);

        Assert.Equal(0u, (nuint)Unsafe.AsPointer(ref floats.Start) % AlignedFloats.Alignment);
        if (length > 0)
            Unsafe.Add(ref floats.Start, length - 1) = 1;
    }

    [Fact]
    public void TryHold_WhileHeld_Succeeds()
    {
        var floats = new AlignedFloats(16);
        Assert.True(floats.TryHold());
        floats.Release();
        Assert.True(floats.TryHold());
        floats.Release();
        floats.Release();
        Assert.False(floats.TryHold());
    }

    [Fact]
    public void Release_FromManyThreads_FreesOnceAndForAll()
    {
        var floats = new AlignedFloats(1 << 16);
        int refused = 0;
        Parallel.For(0, 10_000, i =>
        {
            if (i == 5_000)
            {
                floats.Release();
            }
            else if (floats.TryHold())
            {
                Unsafe.Add(ref floats.Start, i) = i;
                floats.Release();
            }
            else
            {
                Interlocked.Increment(ref refused);
            }
        });

        Assert.False(floats.TryHold());
        Assert.True(Unsafe.IsNullRef(ref floats.Start), $"still there, {refused} refused");
    }
}
