using Inference.Recommendations.Snapshots;
using Xunit;

namespace UnitTests.Recommendations;

public sealed class RecordStoreTests
{
    [Fact]
    public void At_OfEveryPlace_BeginsWithTheRecord()
    {
        var random = new Random(1);
        using var store = new RecordStore();
        byte[][] records = [.. Enumerable.Range(0, 500).Select(i => new byte[i == 77 ? 300_000 : random.Next(2000)])];
        long[] places = [.. records.Select(record => { random.NextBytes(record); return store.Add(record); })];
        for (int i = 0; i < records.Length; i++)
            Assert.True(store.At(places[i]).StartsWith(records[i]), $"record {i}");
        long written = records.Sum(record => (long)record.Length);
        Assert.InRange(store.Bytes, written, written + (written / 10) + 200_000);
    }

    [Fact]
    public void At_AfterDispose_Throws()
    {
        var store = new RecordStore();
        long place = store.Add([1, 2, 3]);
        store.Dispose();
        store.Dispose();
        Assert.Throws<ArgumentOutOfRangeException>(() => { store.At(place); });
        Assert.Equal(0, store.Bytes);
    }

    [Fact]
    public void Contents_AfterDispose_AreNotRead()
    {
        var contents = new ItemContents();
        contents.Add(new ItemContent("a title", Inference.Recommendations.Features.FeatureSet.None, Inference.Recommendations.Features.FeatureSet.None));
        var items = new ItemCatalogue(["a"], contents);
        Assert.Equal("a title", items.TitleOf(0));
        items.Dispose();
        Assert.Throws<ArgumentOutOfRangeException>(() => items.TitleOf(0));
        Assert.Equal("a", items.IdOf(0));
    }
}
