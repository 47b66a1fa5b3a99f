using System.Buffers.Binary;
using System.Buffers.Text;
using System.Numerics;
using System.Text;
using Fuzz.Engine;
using Inference.Recommendations.Queries;
using Inference.Server.Requests;

namespace Fuzz.Targets;

/// <summary>Page tokens: a token that is read can be written, and is then the same one.</summary>
internal sealed class PageTokenTarget : FuzzTarget
{
    public override string Name => "page-token";

    public override int TestCases => 10_000;

    public override IEnumerable<byte[]> Seeds()
    {
        yield return Encoding.ASCII.GetBytes(PageToken.Write(7, null, "r1", "shop/1", [Item("i1"), Item("i2"), Item("ü")]));
        yield return Encoding.ASCII.GetBytes(PageToken.Write(ulong.MaxValue, new Page(40, "first", "shop/1", [.. Enumerable.Range(0, 300).Select(i => $"item-{i}")]), "r2", "shop/2", [Item("i1")]));
        yield return Encoding.ASCII.GetBytes(PageToken.Write(0, null, "", "", []));
    }

    public override void Repair(ref byte[] input)
    {
        try
        {
            byte[] token = Base64Url.DecodeFromUtf8(input);
            if (token.Length < 5)
                return;
            uint crc = uint.MaxValue;
            foreach (byte one in token.AsSpan(0, token.Length - 4))
                crc = BitOperations.Crc32C(crc, one);
            // Half of the changes are to the bytes: changes to the text most often break it.
            if (token.Length % 2 == 0)
                token[token.Length / 3] ^= (byte)(1 << (int)(crc % 8));
            crc = uint.MaxValue;
            foreach (byte one in token.AsSpan(0, token.Length - 4))
                crc = BitOperations.Crc32C(crc, one);
            BinaryPrimitives.WriteUInt32LittleEndian(token.AsSpan(token.Length - 4), ~crc);
            input = Base64Url.EncodeToUtf8(token);
        }
        catch (FormatException)
        {
            // No token to repair.
        }
    }

    public override bool Read(byte[] input)
    {
        if (PageToken.Read(Encoding.Latin1.GetString(input)) is not { } token)
            return false;
        FuzzException.Unless(token.Page.Number >= 2 && token.Page.ShownItemIds.Count <= PageToken.MostItems, "a token is out of range");
        string written = PageToken.Write(token.Question, new Page(token.Page.Number - 1, token.Page.FirstRequestId, "", token.Page.ShownItemIds), "other", token.Page.ModelVersion, []);
        FuzzException.Unless(PageToken.Read(written) is { } again && again.Question == token.Question && Same(again.Page, token.Page), "a token that was written is another one");
        return true;
    }

    private static bool Same(Page one, Page other) =>
        (one.Number, one.FirstRequestId, one.ModelVersion) == (other.Number, other.FirstRequestId, other.ModelVersion) && one.ShownItemIds.SequenceEqual(other.ShownItemIds);

    private static RecommendedItem Item(string id) => new() { ItemId = id };
}
