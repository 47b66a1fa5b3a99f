namespace InteropTests.Wire;

/// <summary>
/// Watches a stream of length-prefixed messages go by and keeps the compressed flag of each. APIs do not show the flag; the compression cases are about it.
/// </summary>
internal sealed class CompressedFlags
{
    private const int PrefixLength = 5;

    private readonly Lock _lock = new();
    private readonly List<bool> _flags = [];
    private int _prefixRead;
    private uint _length;
    private uint _left;

    /// <summary>The flags so far, of messages whose prefix has gone by.</summary>
    public bool[] Seen
    {
        get
        {
            lock (_lock)
            {
                return [.. _flags];
            }
        }
    }

    public void Watch(ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
        {
            while (bytes.Length > 0)
            {
                if (_left > 0)
                {
                    var skip = (int)Math.Min(_left, (uint)bytes.Length);
                    _left -= (uint)skip;
                    bytes = bytes[skip..];
                    continue;
                }

                WatchPrefix(bytes[0]);
                bytes = bytes[1..];
            }
        }
    }

    private void WatchPrefix(byte next)
    {
        if (_prefixRead == 0)
        {
            _flags.Add(next == 1);
        }
        else
        {
            _length = (_length << 8) | next;
        }

        if (++_prefixRead == PrefixLength)
        {
            _left = _length;
            _prefixRead = 0;
            _length = 0;
        }
    }
}
