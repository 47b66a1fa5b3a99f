using Inference.Towers.Runtime;
using UnitTests.Testing;
using Xunit;

namespace UnitTests.Towers.Runtime;

/// <summary>What is kept is kept for the whole process: loads of other tests would take it away.</summary>
[Collection(nameof(AloneInProcess))]
public sealed class ModelBytesTests
{
    [Fact]
    public void Read_AfterOneOfTheSameLength_ReadsIntoItsArray()
    {
        using var folder = new TemporaryFolder();
        string one = Path.Combine(folder.Path, "one"), other = Path.Combine(folder.Path, "other"), longer = Path.Combine(folder.Path, "longer");
        File.WriteAllBytes(one, [.. Enumerable.Repeat((byte)1, 70_001)]);
        File.WriteAllBytes(other, [.. Enumerable.Repeat((byte)2, 70_001)]);
        File.WriteAllBytes(longer, [.. Enumerable.Repeat((byte)3, 70_002)]);
        byte[] first = ModelBytes.Read(one);
        Assert.Equal(File.ReadAllBytes(one), first);
        byte[] beside = ModelBytes.Read(other);
        Assert.NotSame(first, beside);

        ModelBytes.Return(first);
        Assert.Equal(70_002, ModelBytes.Read(longer).Length);
        byte[] again = ModelBytes.Read(other);

        Assert.Same(first, again);
        Assert.Equal(File.ReadAllBytes(other), again);
        GC.KeepAlive(beside);
    }
}
