using Inference.Recommendations.Features;
using Inference.Recommendations.Snapshots;
using Xunit;

namespace UnitTests.Recommendations;

public sealed class ItemContentsTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Contents_OfAnyItems_ComeBackAsTheyWere(int seed)
    {
        var random = new Random(seed);
        var contents = new ItemContents();
        List<ItemContent> expected = [];
        for (int row = 0; row < 3000; row++)
        {
            expected.Add(Any(random));
            contents.Add(expected[row]);
        }

        contents.Trim();
        Check();
        // Replaced ones, and rows behind those of the bundle.
        for (int i = 0; i < 2000; i++)
        {
            int row = random.Next(5000);
            while (expected.Count <= row)
                expected.Add(ItemContent.Empty);
            expected[row] = Any(random);
            contents.Set(row, expected[row]);
        }

        Check();

        void Check()
        {
            for (int row = 0; row < expected.Count; row++)
            {
                AssertSame(expected[row], contents[row]);
                Assert.Equal(expected[row].Title, contents.TitleOf(row));
                foreach ((string name, FeatureValue value) in expected[row].Attributes)
                {
                    Assert.True(contents.TryGetAttribute(row, name, out FeatureValue found));
                    AssertSame(value, found);
                }

                Assert.False(contents.TryGetAttribute(row, "no such", out _));
                Assert.Equal(expected[row].Attributes.ContainsKey("a1"), contents.TryGetAttribute(row, "a1", out _));
            }
        }
    }

    [Fact]
    public void Contents_OfMoreNamesAndTextsThanAreKept_ComeBackAsTheyWere()
    {
        var contents = new ItemContents();
        for (int row = 0; row < 6000; row++)
            contents.Add(Of(row));

        for (int row = 0; row < 6000; row += 7)
        {
            AssertSame(Of(row), contents[row]);
            Assert.True(contents.TryGetAttribute(row, $"name {row}", out FeatureValue value));
            Assert.Equal($"text {row}", value.Text);
            Assert.True(contents.TryGetAttribute(row, "same", out value));
            Assert.Equal($"other {row}", value.Text);
        }

        static ItemContent Of(int row) => new(
            null, FeatureSet.None, new Dictionary<string, FeatureValue> { [$"name {row}"] = FeatureValue.Of($"text {row}"), ["same"] = FeatureValue.Of($"other {row}") });
    }

    /// <summary>What a million items cost: a title of 30 characters, three categories, a price and tags are a small part of their JSON.</summary>
    [Fact]
    public void Contents_OfUsualItems_TakeLittleMoreThanTheirTitles()
    {
        var contents = new ItemContents();
        for (int row = 0; row < 20_000; row++)
        {
            contents.Add(new ItemContent(
                $"A title of some thirty letters {row:00000}",
                new Dictionary<string, FeatureValue> { ["category"] = FeatureValue.Of($"category {row % 200}"), ["price"] = FeatureValue.Of(row / 100.0) },
                new Dictionary<string, FeatureValue>
                {
                    ["brand"] = FeatureValue.Of($"brand {row % 1000}"),
                    ["stock"] = FeatureValue.Of((long)row % 50),
                    ["tags"] = FeatureValue.Of(["new", "sale", $"tag {row % 30}"]),
                }));
        }

        contents.Trim();

        Assert.InRange(contents.Bytes / 20_000.0, 60, 85);
    }

    internal static ItemContent Any(Random random)
    {
        string? title = random.Next(5) == 0 ? null : Text(random);
        return new ItemContent(title, Features(random, "f"), Features(random, "a"));
    }

    internal static void AssertSame(ItemContent expected, ItemContent actual)
    {
        Assert.Equal(expected.Title, actual.Title);
        AssertSame(expected.Features, actual.Features);
        AssertSame(expected.Attributes, actual.Attributes);
    }

    private static void AssertSame(IReadOnlyDictionary<string, FeatureValue> expected, IReadOnlyDictionary<string, FeatureValue> actual)
    {
        Assert.Equal(expected.Keys.Order(StringComparer.Ordinal), actual.Keys.Order(StringComparer.Ordinal));
        foreach ((string name, FeatureValue value) in expected)
            AssertSame(value, actual[name]);
    }

    private static void AssertSame(FeatureValue expected, FeatureValue actual)
    {
        Assert.Equal(expected.Kind, actual.Kind);
        switch (expected.Kind)
        {
            case FeatureKind.TextList:
                Assert.Equal(expected.TextList, actual.TextList);
                break;
            case FeatureKind.IntegerList:
                Assert.Equal(expected.IntegerList, actual.IntegerList);
                break;
            case FeatureKind.NumberList:
                Assert.Equal(expected.NumberList, actual.NumberList);
                break;
            default:
                Assert.Equal(expected, actual);
                break;
        }
    }

    private static Dictionary<string, FeatureValue> Features(Random random, string prefix)
    {
        var features = new Dictionary<string, FeatureValue>();
        for (int i = random.Next(6); i > 0; i--)
            features[prefix + random.Next(8)] = Value(random);
        return features;
    }

    private static FeatureValue Value(Random random) => random.Next(6) switch
    {
        0 => FeatureValue.Of(Text(random)),
        1 => FeatureValue.Of(Integer(random)),
        2 => FeatureValue.Of((random.NextDouble() - 0.5) * Math.Pow(10, random.Next(-300, 300))),
        3 => FeatureValue.Of([.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => Text(random))]),
        4 => FeatureValue.Of([.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => Integer(random))]),
        _ => FeatureValue.Of([.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => random.NextDouble())]),
    };

    private static long Integer(Random random) => random.Next(4) switch
    {
        0 => long.MinValue,
        1 => long.MaxValue,
        2 => random.NextInt64(),
        _ => random.Next(-100, 100),
    };

    private static string Text(Random random) => random.Next(5) switch
    {
        0 => "",
        1 => new string('x', random.Next(60, 5000)),
        2 => "żółć 🎁 " + random.Next(10),
        _ => "text " + random.Next(20),
    };
}
