using Grpc.Core;
using Xunit;

namespace UnitTests.Compat.Grpc;

public sealed class MetadataTests
{
    [Fact]
    public void Get_WithRepeatedKey_ReturnsTheLastWithoutRegardToCase()
    {
        var metadata = new Metadata { { "Key", "1" }, { "key", "2" }, { "other", "3" } };

        Assert.Equal("2", metadata.GetValue("KEY"));
        Assert.Equal(["1", "2"], metadata.GetAll("key").Select(entry => entry.Value));
        Assert.Null(metadata.Get("none"));
        Assert.Equal("key", metadata[0].Key);
    }

    [Fact]
    public void Entry_WithBytes_IsImmutable()
    {
        byte[] bytes = [1, 2];
        var entry = new Metadata.Entry("k-bin", bytes);

        bytes[0] = 9;
        entry.ValueBytes[1] = 9;

        Assert.Equal([1, 2], entry.ValueBytes);
        Assert.True(entry.IsBinary);
        Assert.Throws<InvalidOperationException>(() => entry.Value);
    }

    [Theory]
    [InlineData("")]
    [InlineData("abc-._09")]
    public void Entry_WithValidKey_TakesIt(string key) => Assert.Equal(key, new Metadata.Entry(key, "v").Key);

    [Theory]
    [InlineData("a b")]
    [InlineData(":path")]
    [InlineData("ä")]
    [InlineData("a\n")]
    public void Entry_WithInvalidKey_ThrowsArgument(string key) => Assert.Throws<ArgumentException>(() => new Metadata.Entry(key, "v"));

    [Fact]
    public void Entry_WhoseKeyDoesNotFitItsValue_ThrowsArgument()
    {
        Assert.Throws<ArgumentException>(() => new Metadata.Entry("k-bin", "text"));
        Assert.Throws<ArgumentException>(() => new Metadata.Entry("k", [1]));
    }

    [Fact]
    public void Empty_WhenWrittenTo_ThrowsInvalidOperation()
    {
        Assert.Throws<InvalidOperationException>(() => Metadata.Empty.Add("a", "b"));
        Assert.Throws<InvalidOperationException>(Metadata.Empty.Clear);
        Assert.True(Metadata.Empty.IsReadOnly);
    }
}
