using System.Buffers.Text;
using System.Text;
using Inference.Recommendations.Queries;
using Inference.Server.Requests;
using Recsys.V1;
using Xunit;
using Xunit.Abstractions;
using RecommendedItem = Inference.Recommendations.Queries.RecommendedItem;

namespace UnitTests.Server.Pages;

/// <summary>Tokens of pages as texts.</summary>
public sealed class PageTokenTests(ITestOutputHelper output)
{
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

    [Fact]
    public void Read_OfWhatWasWritten_GivesItBack()
    {
        var random = new Random(8);
        for (int round = 0; round < 200; round++)
        {
            string[] before = Ids(random, random.Next(40)), now = Ids(random, random.Next(1, 40));
            Page? page = round % 3 == 0 ? null : new Page(random.Next(2, 50), "first ü", "shop/1", before);
            ulong question = (ulong)random.NextInt64();

            PageToken token = PageToken.Read(PageToken.Write(question, page, "second", "shop/2", Items(now)))!;

            Assert.Equal(question, token.Question);
            Assert.Equal(((page?.Number ?? 1) + 1, page is null ? "second" : "first ü", "shop/2"), (token.Page.Number, token.Page.FirstRequestId, token.Page.ModelVersion));
            Assert.Equal(page is null ? now : [.. before, .. now], token.Page.ShownItemIds);
        }
    }

    /// <summary>A bundle may hold ids of 512 characters, more than a request may name.</summary>
    [Theory]
    [InlineData(256)]
    [InlineData(257)]
    [InlineData(512)]
    public void Read_OfLongItemIds_GivesThemBack(int characters)
    {
        string[] ids = [new string('x', characters), new string('\u4E2D', characters)];

        Assert.Equal(ids, PageToken.Read(PageToken.Write(1, null, "r", "shop/1", Items(ids)))!.Page.ShownItemIds);
    }

    [Fact]
    public void Read_WithDamageAtAnyCharacter_RefusesIt()
    {
        for (int length = 1; length <= 3; length++) // all three lengths of the last group
        {
            string token = PageToken.Write(77, null, new string('r', length), "shop/1", Items("i1", "i2", "i30"));
            Assert.NotNull(PageToken.Read(token));
            for (int at = 0; at < token.Length; at++)
            {
                foreach (char other in Alphabet + "=+/ \n\u00e4")
                {
                    if (other != token[at])
                        Assert.Null(PageToken.Read(token[..at] + other + token[(at + 1)..]));
                }

                Assert.Null(PageToken.Read(token[..at]));
                Assert.Null(PageToken.Read(token[..at] + "A" + token[at..]));
            }

            Assert.Null(PageToken.Read(token + "=="));
            Assert.Null(PageToken.Read(token + " "));
        }
    }

    [Fact]
    public void Read_OfRandomBytes_RefusesThemWithoutThrowing()
    {
        int seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (int round = 0; round < 20_000; round++)
        {
            byte[] bytes = new byte[random.Next(0, 80)];
            random.NextBytes(bytes);
            if (bytes.Length > 0)
                bytes[0] = 1;
            Assert.Null(PageToken.Read(Base64Url.EncodeToString(bytes)));
            Assert.Null(PageToken.Read(Encoding.Latin1.GetString(bytes)));
        }

        Assert.Null(PageToken.Read(new string('A', 1 << 20)));
    }

    [Fact]
    public void Read_OfSoundlyCheckedNonsense_RefusesItWithoutThrowing()
    {
        // Every byte of a token set to other values, with the checksum that fits: lengths that lie, texts that are none.
        string token = PageToken.Write(77, null, "r", "shop/1", Items("i1", "i2"));
        byte[] bytes = Base64Url.DecodeFromChars(token);
        for (int at = 0; at < bytes.Length - 4; at++)
        {
            foreach (byte value in (byte[])[0, 1, 2, 0x7F, 0x80, 0xC0, 0xFF])
            {
                byte[] changed = [.. bytes];
                changed[at] = value;
                PageToken? read = PageToken.Read(Base64Url.EncodeToString(Checked(changed)));
                Assert.True(read is null || read.Page.ShownItemIds.Count <= PageToken.MostItems);
                if (at == 0 && value != 1)
                    Assert.Null(read);
            }
        }
    }

    [Fact]
    public void Write_OfIdsThatAreTooLong_GivesNoToken()
    {
        Assert.Equal("", PageToken.Write(1, null, "r", "shop/1", Items([.. Enumerable.Range(0, 300).Select(i => new string('x', 250) + i)])));
        Assert.NotEqual("", PageToken.Write(1, null, "r", "shop/1", Items([.. Enumerable.Range(0, 1_000).Select(i => $"item number {i}")])));
    }

    [Fact]
    public void Question_OfAnythingThatDecidesTheList_IsAnother()
    {
        RecommendRequest[] requests =
        [
            new(), new() { UserId = "u" }, new() { UserId = "v" }, new() { Filter = "u" }, new() { Surface = "u" }, new() { ExcludedItemIds = { "u" } }, new() { AllowedItemIds = { "u" } }, new() { AllowedItemIds = { "u", "v" } },
            new() { AllowedItemIds = { "" } }, new() { Options = new() { IncludeSeen = true } }, new() { Options = new() { ModelVersion = "u" } }, new() { Options = new() { Retrievers = { "u" } } },
            new() { Options = new() { Diversity = new() { Strength = 0.5 } } }, new() { Options = new() { Diversity = new() { Strength = 0.25 } } }, new() { Options = new() { Exploration = new() { Policy = ExplorationPolicy.Off } } },
            new() { Options = new() { Slate = new() { Caps = { new AttributeCap { Attribute = "brand", Most = 1 } } } } }, new() { Options = new() { Slate = new() { Boosts = { new Boost { Filter = "x > 1", Amount = 1 } } } } },
        ];

        Assert.Equal(requests.Length, requests.Select(PageQuestion.Of).Distinct().Count());
        Assert.NotEqual(PageQuestion.Of(new SimilarItemsRequest { ItemIds = { "a" } }), PageQuestion.Of(new SimilarItemsRequest { ItemIds = { "b" } }));
    }

    [Fact]
    public void Question_OfWhatMayChange_StaysTheSame()
    {
        var asked = new RecommendRequest { UserId = "u", ExcludedItemIds = { "a", "b" }, AllowedItemIds = { "c", "d" } };
        var again = new RecommendRequest
        {
            UserId = "u", ExcludedItemIds = { "b", "a" }, AllowedItemIds = { "d", "c" }, Limit = 5, RequestId = "r", RecentItemIds = { "x" }, PageToken = "t", Context = { ["hour"] = new FeatureValue { FloatValue = 3 } },
            Options = new() { Explain = true, ExplanationBytes = 7, Diversity = new(), Slate = new() },
        };

        Assert.Equal(PageQuestion.Of(asked), PageQuestion.Of(again));
        // The same in every process and version: tokens outlive both.
        Assert.Equal(8585120938150749055ul, PageQuestion.Of(asked));
    }

    private static RecommendedItem[] Items(params string[] ids) => [.. ids.Select(id => new RecommendedItem(id, 1, "towers", 1, null))];

    private static string[] Ids(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => string.Concat(Enumerable.Repeat("aé€😀z", 1 + random.Next(8))) + random.Next())];

    private static byte[] Checked(byte[] bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte one in bytes.AsSpan(0, bytes.Length - 4))
            crc = System.Numerics.BitOperations.Crc32C(crc, one);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(bytes.Length - 4), ~crc);
        return bytes;
    }
}
