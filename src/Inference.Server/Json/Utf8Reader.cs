using System.Text;

namespace Inference.Server.Json;

/// <summary>Valid UTF-8 as characters, without a copy of the text. The bytes stay the caller's.</summary>
internal sealed class Utf8Reader(ReadOnlyMemory<byte> text) : TextReader
{
    private int _place;
    private char _second;

    public override int Peek()
    {
        if (_second != 0)
            return _second;
        ReadOnlySpan<byte> rest = text.Span[_place..];
        if (rest.IsEmpty)
            return -1;
        if (rest[0] < 0x80)
            return rest[0];
        Rune.DecodeFromUtf8(rest, out Rune rune, out _);
        return rune.IsBmp ? rune.Value : High(rune);
    }

    public override int Read()
    {
        if (_second != 0)
        {
            char second = _second;
            _second = '\0';
            return second;
        }

        ReadOnlySpan<byte> rest = text.Span[_place..];
        if (rest.IsEmpty)
            return -1;
        if (rest[0] < 0x80)
        {
            _place++;
            return rest[0];
        }

        Rune.DecodeFromUtf8(rest, out Rune rune, out int length);
        _place += length;
        if (rune.IsBmp)
            return rune.Value;
        _second = (char)(0xDC00 + ((rune.Value - 0x10000) & 0x3FF));
        return High(rune);
    }

    private static char High(Rune rune) => (char)(0xD800 + ((rune.Value - 0x10000) >> 10));
}
