using System.Globalization;
using System.Text;
using Inference.Recommendations.Features;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Snapshots;
using Inference.Storage.Catalogue;
using UnitTests.Recommendations;
using UnitTests.Testing;
using Xunit;

namespace UnitTests.Storage;

public sealed class ItemRecordTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Record_OfAnyItem_ComesBackAsItWas(int seed)
    {
        var random = new Random(seed);
        for (int i = 0; i < 500; i++)
        {
            ItemContent? content = i % 10 == 0 ? null : ItemContentsTests.Any(random);
            byte[] body = ItemRecord.Body("an id", content);

            Assert.True(ItemRecord.TryRead("an id", Record(42, body), out long version, out byte[]? read, out ItemContent? actual));

            Assert.Equal(42, version);
            Assert.Equal(body, read);
            Assert.Equal(content is null, actual is null);
            if (content is not null)
                ItemContentsTests.AssertSame(content, actual!);
        }
    }

    [Fact]
    public void Record_ThatIsDamaged_IsRefused()
    {
        byte[] record = Record(1_700_000_000_000_000, ItemRecord.Body("id", new ItemContent("Title", FeatureSet.None, new Dictionary<string, FeatureValue> { ["a"] = FeatureValue.Of(1L) })));
        var random = new Random(3);

        Assert.False(ItemRecord.TryRead("another id", record, out _, out _, out _));
        for (int length = 0; length < record.Length; length++)
            Assert.False(ItemRecord.TryRead("id", record[..length], out _, out _, out _), $"cut to {length}");
        for (int at = record.AsSpan().IndexOf((byte)' '); at < record.Length; at++)
        {
            byte[] damaged = [.. record];
            damaged[at] ^= (byte)(1 << random.Next(8));
            Assert.False(ItemRecord.TryRead("id", damaged, out _, out _, out _), $"byte {at}");
        }

        foreach (string version in (string[])["0", "-1", "x", "", "99999999999999999", "9999999999999999999999"])
            Assert.False(ItemRecord.TryRead("id", [.. Encoding.UTF8.GetBytes(version), .. record.AsSpan(record.AsSpan().IndexOf((byte)' '))], out _, out _, out _), version);
    }

    [Fact]
    public async Task Keep_InMemory_RaisesTheVersionAndKeepsTheLatest()
    {
        var time = new ManualTime();
        var changes = new InMemoryCatalogueChanges(time);

        long first = await changes.KeepAsync([new ItemChange("a", 0, ItemContent.Empty), new ItemChange("b", 0, ItemContent.Empty)], CancellationToken.None);
        long second = await changes.KeepAsync([new ItemChange("a", 0, null)], CancellationToken.None);

        Assert.True(second > first);
        Assert.Equal(2, changes.Count);
        Assert.Equal([("a", second, true), ("b", first, false)], changes.Latest().Select(change => (change.ItemId, change.Version, change.Content is null)).Order());
    }

    private static byte[] Record(long version, byte[] body) => [.. Encoding.UTF8.GetBytes(version.ToString(CultureInfo.InvariantCulture)), (byte)' ', .. body];
}
