using Inference.Training.Data;
using Inference.Training.Splits;
using UnitTests.Towers;
using Xunit;

namespace UnitTests.Training.Splits;

public sealed class ColdSplitBuilderTests
{
    [SkippableFact]
    public void Build_OfOnlineRetail_EqualsTheGivenSplitRowByRow()
    {
        string folder = SharedFolder.Require("data/online-retail");
        ColdSplit given = ColdSplitReader.Read(Path.Combine(folder, "splits"));
        DataFolder data = RetailData.Folder;
        ColdSplit built = ColdSplitBuilder.Build(data, new ColdSplitOptions { Validation = 1_314_835_200, Test = 1_317_427_200 });
        AssertSame(given, built);
        Assert.Equal((3314, 3388, 162_426, 210, 463), (built.TrainingUserIds.Count, built.Items.TrainingCount, built.Training.Total, built.Validation.Count, built.Test.Count));

        using var temporary = new TemporaryFolder();
        ColdSplitWriter.Write(built, temporary["splits"]);
        AssertSame(built, ColdSplitReader.Read(temporary["splits"]));
        foreach (string file in Directory.GetFiles(Path.Combine(folder, "splits"), "*.csv.gz"))
            Assert.True(Unpack(file).SequenceEqual(Unpack(Path.Combine(temporary["splits"], Path.GetFileName(file)))), file);
    }

    [Fact]
    public void Build_ByTimeOfRandomEvents_EqualsTheSimpleSplit()
    {
        for (int seed = 0; seed < 8; seed++)
        {
            List<(string User, string Item, long Second)> events = SmallEvents.Draw(seed, users: 60, items: 120, count: 6000);
            ColdSplit built = ColdSplitBuilder.Build(SmallEvents.Of([.. events]), new ColdSplitOptions { Validation = 500, Test = 800 });
            var expected = SimpleSplit.ByTime(events, 500, 800);
            Assert.Equal(expected.Users, built.TrainingUserIds);
            AssertLists(expected.Training, built, built.Training);
            AssertLists(expected.WarmValidation, built, built.WarmValidation);
            AssertLists(expected.WarmTest, built, built.WarmTest);
            AssertLists(expected.ColdValidation, built, built.ColdItemsValidation);
            AssertLists(expected.ColdTest, built, built.ColdItemsTest);
            AssertFewShot(expected.Validation, built, built.Validation);
            AssertFewShot(expected.Test, built, built.Test);
            Assert.NotEmpty(built.ColdItemsTest.Values.ToArray());
            Assert.NotEmpty(built.Test.UserIds);
        }
    }

    [Fact]
    public void Build_WithoutTimes_CutsAtTheQuantilesOfAllEvents()
    {
        (string, string, long)[] events = [.. Enumerable.Range(0, 100).Select(i => ($"u{i % 7}", $"{i % 11}", (long)i))];
        ColdSplit built = ColdSplitBuilder.Build(SmallEvents.Of(events));
        Assert.Equal(new SplitTimes(SplitTimes.Time, 80, 90), built.Times);
    }

    [Fact]
    public void Build_ByArrival_KeepsPartsApart()
    {
        List<(string User, string Item, long Second)> events = SmallEvents.Draw(3, users: 100, items: 150, count: 12_000);
        ColdSplit split = ColdSplitBuilder.Build(SmallEvents.Of([.. events]), new ColdSplitOptions { Mode = SplitTimes.Arrival });
        List<string> arrivals = [.. events.OrderBy(e => e.Second).Select(e => e.User).Distinct()];
        Assert.Equal(arrivals[..80], split.TrainingUserIds);
        Assert.All(split.Validation.UserIds, user => Assert.Contains(user, arrivals[80..90]));
        Assert.All(split.Test.UserIds, user => Assert.Contains(user, arrivals[90..]));
        Assert.NotEmpty(split.Test.UserIds);
        for (int item = 0; item < split.Items.Count; item++)
        {
            uint hash = ColdSplitBuilder.HashOf(split.Items.Ids[item]);
            int part = item < split.Items.TrainingCount ? 0 : item < split.Items.ColdTest.End.Value ? 1 : 2;
            Assert.Equal(part, hash < 2 ? 1 : hash == 2 ? 2 : 0);
        }

        Dictionary<string, List<string>> sequences = events.OrderBy(e => e.Second).DistinctBy(e => (e.User, e.Item)).GroupBy(e => e.User).ToDictionary(g => g.Key, g => g.Select(e => e.Item).ToList());
        for (int row = 0; row < 80; row++)
        {
            List<string> warm = [.. sequences[split.TrainingUserIds[row]].Where(item => ColdSplitBuilder.HashOf(item) > 2)];
            int k = Math.Max(1, warm.Count / 10);
            Assert.Equal(warm[..^(2 * k)], Named(split, split.Training[row]));
            Assert.Equal(warm[^(2 * k)..^k].Where(IsKnown), Named(split, split.WarmValidation[row]));
            Assert.Equal(warm[^k..].Where(IsKnown), Named(split, split.WarmTest[row]));
        }

        bool IsKnown(string item) => split.Items.TryFind(item, out int index) && index < split.Items.TrainingCount;
    }

    [Theory]
    [InlineData("1", 0x340CA71Cu)]
    [InlineData("10", 0x1BEB2A44u)]
    public void HashOf_Ids_IsFnv1a(string id, uint hash) => Assert.Equal(hash % 20, ColdSplitBuilder.HashOf(id));

    [Fact]
    public void Build_ItemOrder_IsNumericForWholeNumbersAndOrdinalElse()
    {
        Assert.Equal(["2", "9", "10", "100"], ColdSplitBuilder.Build(SmallEvents.Of(("u", "10", 1), ("u", "9", 2), ("u", "100", 3), ("u", "2", 4), ("v", "2", 99)), new ColdSplitOptions { Validation = 50, Test = 60 }).Items.Ids);
        Assert.Equal(["10", "100", "2", "9b"], ColdSplitBuilder.Build(SmallEvents.Of(("u", "10", 1), ("u", "9b", 2), ("u", "100", 3), ("u", "2", 4), ("v", "2", 99)), new ColdSplitOptions { Validation = 50, Test = 60 }).Items.Ids);
    }

    [Fact]
    public void Build_WithImpossibleOptions_SaysWhy()
    {
        EventTable events = SmallEvents.Of(("u", "1", 1), ("v", "1", 5));
        Assert.Throws<ArgumentException>(() => ColdSplitBuilder.Build(events, new ColdSplitOptions { Validation = 5, Test = 5 }));
        Assert.Throws<ArgumentException>(() => ColdSplitBuilder.Build(events, new ColdSplitOptions { Mode = "other" }));
        Assert.Throws<ArgumentException>(() => ColdSplitBuilder.Build(events, new ColdSplitOptions { Mode = SplitTimes.Arrival, Test = 5 }));
        Assert.Contains("nothing to train on", Assert.Throws<InvalidDataException>(() => ColdSplitBuilder.Build(events, new ColdSplitOptions { Validation = 0, Test = 5 })).Message, StringComparison.Ordinal);
    }

    internal static void AssertSame(ColdSplit expected, ColdSplit actual)
    {
        Assert.Equal(expected.Items.Ids, actual.Items.Ids);
        Assert.Equal((expected.Items.TrainingCount, expected.Items.ColdTest, expected.Items.ColdValidation), (actual.Items.TrainingCount, actual.Items.ColdTest, actual.Items.ColdValidation));
        Assert.Equal(expected.Items.TrainingUsers, actual.Items.TrainingUsers);
        Assert.Equal(expected.TrainingUserIds, actual.TrainingUserIds);
        AssertSame(expected.Training, actual.Training);
        AssertSame(expected.WarmValidation, actual.WarmValidation);
        AssertSame(expected.WarmTest, actual.WarmTest);
        AssertSame(expected.ColdItemsValidation, actual.ColdItemsValidation);
        AssertSame(expected.ColdItemsTest, actual.ColdItemsTest);
        foreach ((FewShotUsers e, FewShotUsers a) in new[] { (expected.Validation, actual.Validation), (expected.Test, actual.Test) })
        {
            Assert.Equal(e.UserIds, a.UserIds);
            AssertSame(e.Support, a.Support);
            AssertSame(e.Targets, a.Targets);
        }

        Assert.Equal(expected.Times, actual.Times);
    }

    private static void AssertSame(RowLists expected, RowLists actual)
    {
        Assert.True(expected.Offsets.SequenceEqual(actual.Offsets));
        Assert.True(expected.Values.SequenceEqual(actual.Values));
    }

    private static void AssertLists(Dictionary<string, List<string>> expected, ColdSplit split, RowLists actual)
    {
        for (int row = 0; row < actual.Count; row++)
            Assert.Equal(expected[split.TrainingUserIds[row]], Named(split, actual[row]));
    }

    private static void AssertFewShot(Dictionary<string, List<string>> expected, ColdSplit split, FewShotUsers actual)
    {
        Assert.Equal(expected.Keys, actual.UserIds);
        for (int row = 0; row < actual.Count; row++)
            Assert.Equal(expected[actual.UserIds[row]], [.. Named(split, actual.Support[row]), .. Named(split, actual.Targets[row])]);
    }

    private static List<string> Named(ColdSplit split, ReadOnlySpan<int> items)
    {
        var ids = new List<string>();
        foreach (int item in items)
            ids.Add(split.Items.Ids[item]);
        return ids;
    }

    private static byte[] Unpack(string path)
    {
        using var stream = new System.IO.Compression.GZipStream(File.OpenRead(path), System.IO.Compression.CompressionMode.Decompress);
        using var content = new MemoryStream();
        stream.CopyTo(content);
        return content.ToArray();
    }
}
