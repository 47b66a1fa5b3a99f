namespace Inference.Vectors;

/// <summary>
/// Bitmaps that are zero already, kept for the next request. A set of the dozen items that a user has seen touches a dozen words; over a million rows, to clear all 15,625 would cost more than everything else that is done with it, and would push
/// the index out of the core's cache. A request has its set while it waits for a tower, so a loaded server has hundreds at once, and one that is not kept is 125 kB of garbage. Safe for concurrent use; what finds no place is left to the collector.
/// </summary>
/// <param name="mostBytes">Bytes that may be kept; at least <see cref="LeastKept"/> bitmaps are, however large.</param>
internal sealed class ZeroedWords(long mostBytes)
{
    /// <summary>So many are kept of any size.</summary>
    private const int LeastKept = 16;

    /// <summary>Looks for one of a size; catalogues of several sizes may be served at once.</summary>
    private const int Looks = 16;

    private readonly Lock _gate = new();
    private readonly List<ulong[]> _kept = [];
    private long _bytes;
    private uint _next;

    /// <summary>Those of the process.</summary>
    public static ZeroedWords Shared { get; } = new(64 << 20);

    /// <summary>Bytes that are kept.</summary>
    public long KeptBytes
    {
        get
        {
            lock (_gate)
                return _bytes;
        }
    }

    /// <summary>An array of zeros.</summary>
    /// <param name="least">Words that are needed; there may be up to four times as many.</param>
    public ulong[] Take(int least)
    {
        lock (_gate)
        {
            int last = Math.Max(0, _kept.Count - Looks);
            for (int place = _kept.Count - 1; place >= last; place--)
            {
                if (_kept[place].Length >= least && _kept[place].Length <= 4L * least)
                    return Remove(place);
            }
        }

        return new ulong[least];
    }

    /// <summary>Gives an array back; the caller has made it zero.</summary>
    public void Return(ulong[] words)
    {
        lock (_gate)
        {
            // Those that make room may be of a catalogue that is no longer served.
            while (_kept.Count >= LeastKept && _bytes + BytesOf(words) > mostBytes)
                Remove((int)(_next++ % (uint)_kept.Count));
            _bytes += BytesOf(words);
            _kept.Add(words);
        }
    }

    private ulong[] Remove(int place)
    {
        ulong[] words = _kept[place];
        _kept[place] = _kept[^1];
        _kept.RemoveAt(_kept.Count - 1);
        _bytes -= BytesOf(words);
        return words;
    }

    private static long BytesOf(ulong[] words) => sizeof(ulong) * (long)words.Length;
}
