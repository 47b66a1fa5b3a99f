using System.Numerics;
using Inference.Recommendations.Features;
using Inference.Recommendations.Snapshots;
using Inference.Towers.Encoders;
using Inference.Towers.Manifests;
using Xunit;

namespace UnitTests.Towers.Encoders;

public sealed class EncoderTests
{
    private static readonly ItemCatalogue Items = new(["a", "b", "c", "d"], new string?[4]);
    private static readonly long[] IdInputs = [100, 0, 300, 400];

    [Theory]
    [InlineData("right", "oldest_first", "latest", "1,2,3,0,0")]
    [InlineData("left", "oldest_first", "latest", "0,0,1,2,3")]
    [InlineData("right", "latest_first", "latest", "3,2,1,0,0")]
    [InlineData("left", "latest_first", "latest", "0,0,3,2,1")]
    [InlineData("right", "oldest_first", "first", "1,1,2,0,0")]
    public void HistoryIds_WithLongerHistory_KeepsOrdersAndPads(string side, string order, string keep, string expected)
    {
        var history = new HistoryManifest { MaxLength = 3, PadSide = side, Order = order, Keep = keep };
        long[] encoded = Encode<long>(new HistoryIdsSpec { Offset = 1 }, 5, history: [0, 0, 1, 2], layout: history);
        Assert.Equal(expected, string.Join(',', encoded));
    }

    [Fact]
    public void HistoryIds_WithIdInputs_WritesTheItemsOwnIds() =>
        Assert.Equal([402, 2, -1, -1], Encode<int>(new HistoryIdsSpec { Ids = "id_input", Offset = 2, Pad = -1 }, 4, history: [3, 1]));

    [Theory]
    [InlineData("right", 1.0, 0.0, "1,1,0")]
    [InlineData("left", 1.0, 0.0, "0,1,1")]
    [InlineData("right", 0.0, 1.0, "0,0,1")]
    public void HistoryMask_WithTwoItems_MarksTheirColumns(string side, double real, double pad, string expected)
    {
        var history = new HistoryManifest { MaxLength = 3, PadSide = side };
        Assert.Equal(expected, string.Join(',', Encode<byte>(new HistoryMaskSpec { Real = real, Pad = pad }, 3, history: [1, 2], layout: history)));
    }

    [Fact]
    public void HistoryMask_AsAdditiveAttentionMask_HoldsWhatFp16CanHold() =>
        Assert.Equal([(Half)0, Half.MinValue], Encode<Half>(new HistoryMaskSpec { Real = 0, Pad = -1e9 }, 2, history: [1]));

    [Theory]
    [InlineData(new int[0], null, 0)]
    [InlineData(new int[0], 1L, 1)]
    [InlineData(new[] { 1, 1, 1, 1, 1, 1 }, 1L, 5)]
    public void HistoryLength_WritesTheTrimmedLength(int[] history, long? min, int expected) =>
        Assert.Equal([expected], Encode<int>(new HistoryLengthSpec { Min = min }, 1, history: history, layout: new HistoryManifest { MaxLength = 5 }));

    public static TheoryData<FeatureValue?, long> Categories => new()
    {
        { FeatureValue.Of("red"), 10 },
        { FeatureValue.Of("7"), 11 },
        { FeatureValue.Of(7), 11 },
        { FeatureValue.Of("RED"), 1 },
        { FeatureValue.Of(8), 1 },
        // "07" is no decimal form of 7, so only the text finds it.
        { FeatureValue.Of("07"), 12 },
        { null, 0 },
        { FeatureValue.Of(7.0), 0 },
        { FeatureValue.Of(new[] { "red" }), 0 },
    };

    [Theory]
    [MemberData(nameof(Categories))]
    public void Vocabulary_WritesPlaceUnknownOrMissing(FeatureValue? value, long expected) =>
        Assert.Equal([expected], Encode<long>(new VocabularySpec { Feature = "x", Values = ["red", "7", "07"], FirstId = 10, Unknown = 1, Missing = 0 }, 1, value));

    [Fact]
    public void Vocabulary_WithoutMissing_TreatsMissingAsUnknown() =>
        Assert.Equal([9], Encode<long>(new VocabularySpec { Feature = "x", Values = ["red"], Unknown = 9 }, 1));

    public static TheoryData<FeatureValue?, long> WholeNumbers => new()
    {
        { FeatureValue.Of(3), 4 },
        { FeatureValue.Of(-5), 1 },
        { FeatureValue.Of(long.MaxValue), 7 },
        { FeatureValue.Of(long.MinValue), 1 },
        { FeatureValue.Of("3"), -1 },
        { null, -1 },
    };

    [Theory]
    [MemberData(nameof(WholeNumbers))]
    public void Integer_ClampsAndShifts(FeatureValue? value, long expected) =>
        Assert.Equal([expected], Encode<long>(new IntegerSpec { Feature = "x", Min = 0, Max = 6, Offset = 1, Missing = -1 }, 1, value));

    [Theory]
    [InlineData("left", 0.9, 0)]
    [InlineData("left", 1.0, 0)]
    [InlineData("right", 1.0, 1)]
    [InlineData("left", 2.5, 2)]
    [InlineData("left", 4.0, 2)]
    [InlineData("right", 4.0, 3)]
    [InlineData("left", 1e300, 3)]
    [InlineData("left", -1e300, 0)]
    public void Buckets_AtBoundaries_FollowSearchSorted(string side, double number, long bucket)
    {
        var spec = new BucketsSpec { Feature = "x", Boundaries = [1, 2, 4], Side = side };
        Assert.Equal([bucket + 5], Encode<long>(spec with { FirstId = 5 }, 1, FeatureValue.Of(number)));
        float[] oneHot = Encode<float>(spec with { OneHot = true }, 4, FeatureValue.Of(number));
        Assert.Equal(Enumerable.Range(0, 4).Select(place => place == bucket ? 1f : 0f), oneHot);
    }

    [Fact]
    public void Buckets_OfEveryCount_AgreeWithCountingBoundaries()
    {
        var random = new Random(5);
        for (int count = 1; count <= 33; count++)
        {
            double[] boundaries = [.. Enumerable.Range(0, count).Select(i => i * 2.0)];
            for (int trial = 0; trial < 50; trial++)
            {
                double number = random.Next(-2, 2 * count + 2);
                Assert.Equal(boundaries.Count(boundary => boundary < number), BucketsSpec.BucketOf(boundaries, number, right: false));
                Assert.Equal(boundaries.Count(boundary => boundary <= number), BucketsSpec.BucketOf(boundaries, number, right: true));
            }
        }
    }

    [Fact]
    public void Buckets_WithMissingNumber_WriteMissingOrZeros()
    {
        Assert.Equal([42], Encode<long>(new BucketsSpec { Feature = "x", Boundaries = [1], Missing = 42 }, 1));
        Assert.Equal([0f, 0f], Encode<float>(new BucketsSpec { Feature = "x", Boundaries = [1], OneHot = true }, 2));
    }

    [Fact]
    public void Buckets_OneHotWithFinishedVector_PassesItOn() =>
        Assert.Equal([0f, 1f, 0.5f], Encode<float>(new BucketsSpec { Feature = "x", Boundaries = [1, 2], OneHot = true }, 3, FeatureValue.Of(new[] { 0, 1, 0.5 })));

    [Fact]
    public void Number_ScalesShiftsAndStaysFinite()
    {
        var spec = new NumberSpec { Feature = "x", Scale = 2, Offset = -1, Missing = 7 };
        Assert.Equal([5f], Encode<float>(spec, 1, FeatureValue.Of(3.0)));
        Assert.Equal([5f], Encode<float>(spec, 1, FeatureValue.Of(3)));
        Assert.Equal([7f], Encode<float>(spec, 1));
        Assert.True(float.IsFinite(Encode<float>(spec, 1, FeatureValue.Of(double.MaxValue))[0]));
        Assert.True(Half.IsFinite(Encode<Half>(spec, 1, FeatureValue.Of(double.MinValue))[0]));
    }

    public static TheoryData<FeatureValue?, string> Tags => new()
    {
        { FeatureValue.Of(new[] { "c", "a", "z", "a" }), "1,0,1" },
        { FeatureValue.Of("b"), "0,1,0" },
        { FeatureValue.Of(new[] { 0L, 5L, 1L }), "0,5,1" },
        { FeatureValue.Of(new[] { 0.5, 0, 1 }), "0.5,0,1" },
        // A vector of another length is not this input's vector.
        { FeatureValue.Of(new[] { 1L, 1L }), "0,0,0" },
        { null, "0,0,0" },
    };

    [Theory]
    [MemberData(nameof(Tags))]
    public void MultiHot_SetsKnownCategoriesOrPassesVectorsOn(FeatureValue? value, string expected) =>
        Assert.Equal(expected, string.Join(',', Encode<float>(new MultiHotSpec { Feature = "x", Values = ["a", "b", "c"] }, 3, value).Select(x => x.ToString(System.Globalization.CultureInfo.InvariantCulture))));

    // FNV-1a-32 of "a" is e40c292c and of "foobar" bf9cf968 (the reference vectors of its authors).
    [Theory]
    [InlineData("a", 0xe40c292cL)]
    [InlineData("foobar", 0xbf9cf968L)]
    public void HashedTokens_OfReferenceWords_AreTheReferenceHashes(string word, long hash) =>
        Assert.Equal([hash], Encode<long>(new HashedTokensSpec { Feature = "x", Buckets = uint.MaxValue, FirstId = 0 }, 1, FeatureValue.Of(word)));

    [Fact]
    public void HashedTokens_OfText_AreItsLowerCaseWords()
    {
        long[] Tokens(FeatureValue value) => Encode<long>(new HashedTokensSpec { Feature = "x", Buckets = 2048 }, 5, value);
        long[] words = Tokens(FeatureValue.Of(new[] { "red", "mug", "2nd" }));
        Assert.Equal(words, Tokens(FeatureValue.Of("  Red, MUG…2nd!")));
        Assert.Equal(words, Tokens(FeatureValue.Of(new[] { "RED mug", "2nd" })));
        Assert.Equal([0, 0], words[3..]);
        Assert.All(words[..3], id => Assert.InRange(id, 1, 2048));
    }

    [Fact]
    public void HashedTokens_WithMoreWordsThanColumns_KeepTheFirst()
    {
        var spec = new HashedTokensSpec { Feature = "x", Buckets = 1000 };
        Assert.Equal(Encode<long>(spec, 5, FeatureValue.Of("a b c d e"))[..2], Encode<long>(spec, 2, FeatureValue.Of("a b c d e")));
    }

    [Fact]
    public void HashedTokens_WithPrefix_BeginWithTheItemsId()
    {
        var plain = new HashedTokensSpec { Feature = "x", Buckets = 1 << 20 };
        HashedTokensSpec prefixed = plain with { Prefix = new PrefixTokenSpec { Text = "c", ItemIdCharacters = 3 } };
        long prefix = Encode<long>(plain, 1, FeatureValue.Of("c851"))[0];
        Assert.Equal([prefix, .. Encode<long>(plain, 2, FeatureValue.Of("red mug"))], Encode<long>(prefixed, 3, FeatureValue.Of("red mug"), itemId: "85123A"));
        Assert.Equal([prefix, 0, 0], Encode<long>(prefixed, 3, itemId: "851"));
    }

    [Fact]
    public void HashedTokens_WithFinishedIds_PassOnThoseOfTheTable() =>
        Assert.Equal([3, 0, 10, 0], Encode<long>(new HashedTokensSpec { Feature = "x", Buckets = 10 }, 4, FeatureValue.Of(new[] { 3L, 11L, 10L, -1L, 5L })));

    [Theory]
    [InlineData("first", "1,2,3")]
    [InlineData("last", "2,3,9")]
    public void IntegerList_WithLongerList_CutsAndClamps(string keep, string expected) =>
        Assert.Equal(expected, string.Join(',', Encode<int>(new IntegerListSpec { Feature = "x", Min = 1, Max = 9, Keep = keep }, 3, FeatureValue.Of(new[] { 0L, 2L, 3L, 77L }))));

    [Fact]
    public void IntegerList_WithShorterList_Pads() =>
        Assert.Equal([5, -1, -1], Encode<long>(new IntegerListSpec { Feature = "x", Min = 0, Max = 9, Pad = -1 }, 3, FeatureValue.Of(new[] { 5L })));

    [Fact]
    public void NumberList_OfTheRightLength_IsPassedOnAndAnyOtherIsMissing()
    {
        var spec = new NumberListSpec { Feature = "x", Missing = 0.25 };
        Assert.Equal([1f, -2f], Encode<float>(spec, 2, FeatureValue.Of(new[] { 1.0, -2.0 })));
        Assert.Equal([0.25f, 0.25f], Encode<float>(spec, 2, FeatureValue.Of(new[] { 1.0, -2.0, 3.0 })));
        Assert.Equal([0.25f, 0.25f], Encode<float>(spec, 2));
    }

    [Fact]
    public void Columns_WriteTheirEncodersSideBySide()
    {
        var spec = new ColumnsSpec
        {
            Columns =
            [
                new IntegerSpec { Feature = "x", Min = 0, Max = 9 },
                new BucketsSpec { Feature = "x", Boundaries = [2], OneHot = true },
                new ConstantSpec { Values = [0.5, 0.75] },
            ],
        };
        Assert.Equal(5, spec.Width);
        Assert.Equal([4f, 0f, 1f, 0.5f, 0.75f], Encode<float>(spec, 5, FeatureValue.Of(4)));
    }

    [Theory]
    [InlineData("c", "id_input", 301)]
    [InlineData("c", "row", 3)]
    [InlineData("new", "id_input", -7)]
    public void ItemId_WritesTheModelsIdOrUnknown(string item, string ids, long expected) =>
        Assert.Equal([expected], Encode<long>(new ItemIdSpec { Ids = ids, Offset = 1, Unknown = -7 }, 1, itemId: item));

    [Fact]
    public void Encode_OverOldContent_WritesEveryElement()
    {
        foreach (EncoderSpec spec in (EncoderSpec[])
            [
                new HistoryIdsSpec(), new HistoryMaskSpec(), new MultiHotSpec { Feature = "x", Values = ["a", "b", "c"] }, new HashedTokensSpec { Feature = "x", Buckets = 5 },
                new IntegerListSpec { Feature = "x", Min = 0, Max = 1 }, new NumberListSpec { Feature = "x" }, new BucketsSpec { Feature = "x", Boundaries = [1, 2], OneHot = true },
            ])
        {
            Assert.DoesNotContain(77, Encode<int>(spec, 3));
        }
    }

    private static T[] Encode<T>(EncoderSpec spec, int width, FeatureValue? value = null, int[]? history = null, string? itemId = null, HistoryManifest? layout = null)
        where T : unmanaged, INumberBase<T>
    {
        var full = new HistoryLayout(layout ?? new HistoryManifest { MaxLength = 10 }, null);
        InputEncoder<T> encoder = spec.Create<T>(spec.IsHistory ? -1 : width, new EncoderScope(Items, IdInputs, full));
        var features = new FeatureSet(value is null ? null : SmallWorld.Features(("x", value.Value)));
        var destination = new T[width];
        Array.Fill(destination, T.CreateChecked(77));
        encoder.Encode(new TowerRow(features, full.Trim(history ?? []), itemId), destination);
        return destination;
    }
}
