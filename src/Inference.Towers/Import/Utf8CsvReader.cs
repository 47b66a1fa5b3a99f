using System.Buffers;
using System.Text;

namespace Inference.Towers.Import;

/// <summary>
/// Reads comma-separated values (RFC 4180, UTF-8) as bytes, row by row, with no allocation per row: quoted fields may hold commas, quotes and line breaks; lines end with LF or CRLF; empty
/// lines are skipped; a byte order mark is passed over. A row is found whole in one buffer, which grows up to <see cref="MaxRow"/>; quotes are taken out in place afterwards.
/// </summary>
internal sealed class Utf8CsvReader : IDisposable
{
    /// <summary>Longest field, in bytes: more is a quote that nobody closed.</summary>
    public const int MaxField = 1 << 20;

    /// <summary>Longest row, in bytes.</summary>
    public const int MaxRow = 1 << 24;

    /// <summary>Most fields of a row.</summary>
    public const int MaxColumns = 4096;

    private static readonly SearchValues<byte> FieldEnds = SearchValues.Create(",\n"u8);

    private readonly Stream _stream;
    private byte[] _buffer;
    private int _begin;
    private int _end;
    private bool _streamEnded;
    private bool _started;
    private long _nextLine = 1;

    // Of the current row: field i is _buffer[_starts[i] .. _ends[i]].
    private int[] _starts = new int[16];
    private int[] _ends = new int[16];
    private bool[] _quoted = new bool[16];

    /// <param name="stream">UTF-8 text; disposed with the reader.</param>
    /// <param name="bufferLength">Bytes to read at a time; small ones are for tests.</param>
    public Utf8CsvReader(Stream stream, int bufferLength = 1 << 18)
    {
        _stream = stream;
        _buffer = new byte[Math.Max(bufferLength, 16)];
    }

    /// <summary>Line of the file, from 1, where the current row begins.</summary>
    public long Line { get; private set; }

    /// <summary>Fields of the current row.</summary>
    public int Count { get; private set; }

    /// <summary>What is wrong with the current row, which then has no fields; null where nothing is. Reading goes on with the next line of the file.</summary>
    public string? Fault { get; private set; }

    /// <summary>A field of the current row, without its quotes; valid until the next row is read.</summary>
    public ReadOnlySpan<byte> this[int field] => _buffer.AsSpan(_starts[field], _ends[field] - _starts[field]);

    /// <summary>Goes to the next row that is not empty; false at the end.</summary>
    /// <exception cref="InvalidDataException">The text is UTF-16.</exception>
    public bool Read()
    {
        if (!_started)
            Start();
        while (true)
        {
            Line = _nextLine;
            Fault = null;
            Count = 0;
            if (_begin == _end && !Fill())
                return false;
            int next = Scan();
            if (Fault is not null)
            {
                SkipLine();
                return true;
            }

            _begin = next;
            _nextLine++;
            if (Count > 1 || _starts[0] != _ends[0])
                return true;
        }
    }

    public void Dispose() => _stream.Dispose();

    /// <summary>Finds the fields of the row at <see cref="_begin"/>; returns where the next row begins.</summary>
    private int Scan()
    {
        int at = 0; // offset from _begin, which moves when the buffer is filled
        while (true)
        {
            if (at > MaxRow)
                return Broken($"a row has more than {MaxRow} bytes");
            if (Count == MaxColumns)
                return Broken($"a row has more than {MaxColumns} fields");
            if (Count == _starts.Length)
                Grow();
            int start = at;
            bool isQuoted = Has(at) && _buffer[_begin + at] == '"';
            _quoted[Count] = isQuoted;
            if (isQuoted && (at = SkipQuoted(at + 1)) < 0)
                return Broken("a quote is not closed");
            at = FindEnd(at, start);
            if (at < 0)
                return Broken($"a field has more than {MaxField} bytes; is a quote not closed?");
            _starts[Count] = start;
            _ends[Count] = at;
            Count++;
            bool ended = !Has(at);
            if (!ended && _buffer[_begin + at] == ',')
            {
                at++;
                continue;
            }

            Finish();
            return ended ? _end : _begin + at + 1;
        }
    }

    /// <summary>Where a field that begins at <paramref name="start"/> ends: at a comma, a line feed or the end of the text; -1 when it is too long.</summary>
    private int FindEnd(int at, int start)
    {
        while (true)
        {
            int found = _buffer.AsSpan(_begin + at, _end - _begin - at).IndexOfAny(FieldEnds);
            if (found >= 0)
                return at + found - start > MaxField ? -1 : at + found;
            at = _end - _begin;
            if (at - start > MaxField)
                return -1;
            if (!Fill())
                return at;
        }
    }

    /// <summary>Goes behind the quote that closes a field; -1 when none does.</summary>
    private int SkipQuoted(int at)
    {
        int start = at;
        while (true)
        {
            int found = _buffer.AsSpan(_begin + at, _end - _begin - at).IndexOf((byte)'"');
            if (found < 0)
            {
                at = _end - _begin;
                if (at - start > MaxField || !Fill())
                    return -1;
                continue;
            }

            at += found + 1;
            if (at - start > MaxField)
                return -1;
            if (!Has(at) || _buffer[_begin + at] != '"')
                return at;
            at++;
        }
    }

    private int Broken(string fault)
    {
        Fault = fault;
        Count = 0;
        return 0;
    }

    /// <summary>Turns offsets into places of the buffer, and takes carriage return and quotes out.</summary>
    private void Finish()
    {
        int last = Count - 1;
        for (int i = 0; i < Count; i++)
        {
            _starts[i] += _begin;
            _ends[i] += _begin;
            // The return of CRLF; what stands in quotes ends with a quote here.
            if (i == last && _ends[i] > _starts[i] && _buffer[_ends[i] - 1] == '\r')
                _ends[i]--;
            if (_quoted[i])
                Unquote(i);
        }
    }

    private void Unquote(int field)
    {
        Span<byte> text = _buffer.AsSpan(_starts[field], _ends[field] - _starts[field]);
        _nextLine += text.Count((byte)'\n');
        int read = 1, written = 0;
        while (read < text.Length)
        {
            byte next = text[read++];
            if (next == '"')
            {
                if (read == text.Length || text[read] != '"')
                    break;
                read++;
            }

            text[written++] = next;
        }

        // What follows the closing quote belongs to the field as it is.
        text[read..].CopyTo(text[written..]);
        _ends[field] = _starts[field] + written + text.Length - read;
    }

    private bool Has(int at) => _begin + at < _end || Fill();

    /// <summary>Goes behind the next line feed, whatever it stands in.</summary>
    private void SkipLine()
    {
        _nextLine++;
        while (true)
        {
            int found = _buffer.AsSpan(_begin, _end - _begin).IndexOf((byte)'\n');
            if (found >= 0)
            {
                _begin += found + 1;
                return;
            }

            _begin = _end;
            if (!Fill())
                return;
        }
    }

    /// <summary>Reads more behind <see cref="_end"/>, moving what is there to the front or growing the buffer where there is no room; false at the end of the text.</summary>
    private bool Fill()
    {
        if (_streamEnded)
            return false;
        if (_begin == _end)
            _begin = _end = 0;
        if (_end == _buffer.Length)
        {
            if (_begin > 0)
                Buffer.BlockCopy(_buffer, _begin, _buffer, 0, _end - _begin);
            else
                Array.Resize(ref _buffer, _buffer.Length * 2);
            _end -= _begin;
            _begin = 0;
        }

        int read = _stream.Read(_buffer, _end, _buffer.Length - _end);
        _end += read;
        _streamEnded = read == 0;
        return read > 0;
    }

    private void Grow()
    {
        Array.Resize(ref _starts, Count * 2);
        Array.Resize(ref _ends, Count * 2);
        Array.Resize(ref _quoted, Count * 2);
    }

    private void Start()
    {
        _started = true;
        while (_end < 3 && Fill())
        {
        }

        ReadOnlySpan<byte> text = _buffer.AsSpan(0, _end);
        if (text.StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF]) || text.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE]))
            throw new InvalidDataException("the text is UTF-16; UTF-8 is expected.");
        if (text.StartsWith(Encoding.UTF8.Preamble))
            _begin = 3;
    }
}
