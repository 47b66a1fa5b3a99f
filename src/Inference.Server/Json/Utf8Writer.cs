using System.Buffers;
using System.Text;

namespace Inference.Server.Json;

/// <summary>Writes characters as UTF-8 straight into a buffer. What was written is there once it is disposed.</summary>
internal sealed class Utf8Writer(IBufferWriter<byte> into) : TextWriter
{
    private const int Piece = 1024;

    /// <summary>Most bytes of one UTF-16 unit, and of a pair.</summary>
    private const int Widest = 4;

    private Memory<byte> _room;
    private int _used;
    private char _high;

    public override Encoding Encoding => Encoding.UTF8;

    public override void Write(char value)
    {
        if (_used + Widest > _room.Length)
            Turn();
        if (value < 0x80 && _high == 0)
            _room.Span[_used++] = (byte)value;
        else
            WriteWide(value);
    }

    public override void Write(string? value)
    {
        foreach (char one in value.AsSpan())
            Write(one);
    }

    public override void Write(char[] buffer, int index, int count)
    {
        foreach (char one in buffer.AsSpan(index, count))
            Write(one);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            Give();

        base.Dispose(disposing);
    }

    private void WriteWide(char value)
    {
        if (char.IsHighSurrogate(value))
        {
            _high = value;
            return;
        }

        if (!Rune.TryCreate(_high, value, out Rune rune) && !Rune.TryCreate(value, out rune))
            rune = Rune.ReplacementChar;
        _high = '\0';
        _used += rune.EncodeToUtf8(_room.Span[_used..]);
    }

    private void Turn()
    {
        Give();
        _room = into.GetMemory(Piece);
    }

    /// <summary>Hands over what was written; a buffer that gave no room takes nothing back, not even nothing.</summary>
    private void Give()
    {
        if (_used > 0)
            into.Advance(_used);
        _used = 0;
        _room = default;
    }
}
