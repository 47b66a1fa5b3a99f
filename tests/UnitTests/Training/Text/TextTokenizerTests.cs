using System.Text;
using Inference.Training.Text;
using Xunit;

namespace UnitTests.Training.Text;

public sealed class TextTokenizerTests
{
    private static readonly string[] Pieces = ["[UNK]", "[CLS]", "[SEP]", "want", "##want", "##ed", "wa", "un", "runn", "##ing", ",", "cafe", "博", "\u1112\u1161", "##\u11AB"];

    private readonly WordPieceTokenizer _wordPiece = new(Pieces);

    [Theory]
    [InlineData("UNwant\u00E9d,running", new long[] { 1, 7, 4, 5, 10, 8, 9, 2 })]
    [InlineData("unwantedX running", new long[] { 1, 0, 8, 9, 2 })]
    [InlineData("CAFÉ cafe\u0301 cafè", new long[] { 1, 11, 11, 11, 2 })]
    [InlineData("want博want", new long[] { 1, 3, 12, 3, 2 })]
    [InlineData("한", new long[] { 1, 13, 14, 2 })]
    [InlineData("", new long[] { 1, 2 })]
    [InlineData("wa\u0000nt\uFFFD \u200Bwant", new long[] { 1, 3, 3, 2 })]
    public void Encode_ByWordPiece_GivesThePublishedTokens(string text, long[] ids) => Assert.Equal(ids, _wordPiece.Encode(text, 64));

    [Theory]
    [InlineData("ah\u535A\u63A8zz", "ah|\u535A|\u63A8|zz")]
    [InlineData(" \tHeLLo!how  \n Are yoU?  ", "hello|!|how|are|you|?")]
    [InlineData(" \tHäLLo!how  \n Are yoU?  ", "hallo|!|how|are|you|?")]
    [InlineData("ångström ŐŰ ế Ж\u0306 がぎ", "angstrom|ou|e|ж|かき")]
    [InlineData("a.b\u2014c", "a|.|b|\u2014|c")]
    [InlineData("a\u00A0b\u3000c", "a|b|c")]
    public void Words_OfUncasedModels_ArePlain(string text, string words) => Assert.Equal(words.Split('|'), _wordPiece.Words(text));

    [Fact]
    public void Words_OfCasedModels_KeepLettersAndAccents() =>
        Assert.Equal(["HäLLo", "!"], new WordPieceTokenizer(Pieces, lower: false, stripAccents: false).Words("HäLLo!"));

    [Fact]
    public void Encode_OfLongTexts_KeepsTheMarks()
    {
        Assert.Equal([1, 3, 3, 2], _wordPiece.Encode("want want want want", 4));
        Assert.Equal([1, 0, 2], _wordPiece.Encode(new string('w', 101), 8));
        Assert.Equal([1, 0, 2], _wordPiece.Encode("\U0001F600", 8));
    }

    [Fact]
    public void Encode_ByBytePairs_GivesThePublishedTokens()
    {
        string[] tokens = ["l", "o", "w", "e", "r", "s", "t", "i", "d", "n", "\u0120", "\u0120l", "\u0120n", "\u0120lo", "\u0120low", "er", "\u0120lowest", "\u0120newer", "\u0120wider", "<unk>"];
        var tokenizer = new ByteLevelBpeTokenizer(tokens.Select((token, id) => (token, id)).ToDictionary(pair => pair.token, pair => pair.id), ["#version: 0.2", "\u0120 l", "\u0120l o", "\u0120lo w", "e r", ""], spaceFirst: true);

        Assert.Equal([14, 15, 10, 9, 3, 2, 15], tokenizer.Encode("lower newer", 64));
        Assert.Equal([14, 15, 19], tokenizer.Encode("lower!", 64));
    }

    [Fact]
    public void Encode_ByBytePairs_KnowsEveryByte()
    {
        // The letters of the 256 bytes, each its own token, with one merge: "é" is the bytes C3 A9.
        string[] tokens = [.. Enumerable.Range(0, 256).Select(LetterOf), "Ã©", "<s>", "</s>"];
        var tokenizer = new ByteLevelBpeTokenizer(tokens.Select((token, id) => (token, id)).ToDictionary(pair => pair.token, pair => pair.id), ["Ã ©"]);

        Assert.Equal([257, 256, 258], tokenizer.Encode("é", 64));
        Assert.Equal([257, .. Encoding.UTF8.GetBytes("中 🙂\n").Select(value => (long)value), 258], tokenizer.Encode("中 🙂\n", 64));

        static string LetterOf(int value)
        {
            bool IsPlain(int b) => b is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF);
            return ((char)(IsPlain(value) ? value : 256 + Enumerable.Range(0, value).Count(b => !IsPlain(b)))).ToString();
        }
    }

    [Fact]
    public void Open_OfAFolder_HeedsItsSettings()
    {
        using var folder = new UnitTests.Towers.TemporaryFolder();
        Directory.CreateDirectory(folder["t"]);
        Assert.Throws<InvalidDataException>(() => TextTokenizer.Open(folder["t"]));
        File.WriteAllLines(Path.Combine(folder["t"], "vocab.txt"), ["[UNK]", "[CLS]", "[SEP]", "Want"]);

        Assert.Equal([1, 0, 2], TextTokenizer.Open(folder["t"]).Encode("Want", 8));
        File.WriteAllText(Path.Combine(folder["t"], "tokenizer_config.json"), """{ "do_lower_case": false, "model_max_length": 12 }""");
        Assert.Equal([1, 3, 2], TextTokenizer.Open(folder["t"]).Encode("Want", 8));
        Assert.Equal(12, TextTokenizer.LongestOf(folder["t"]));
        File.WriteAllLines(Path.Combine(folder["t"], "vocab.txt"), ["[CLS]", "[SEP]", "Want"]);
        Assert.Contains("[UNK]", Assert.Throws<InvalidDataException>(() => TextTokenizer.Open(folder["t"])).Message, StringComparison.Ordinal);
    }
}
