using System.Runtime.InteropServices;

namespace Inference.Storage.Counters;

/// <summary>
/// What was counted since it was emptied last. Requests write here and nowhere else, and whoever reads the counts takes all of it at once: the lock is held for one addition, or to exchange two references, and never while somebody looks
/// through many counts. Bounded. Safe for concurrent use; one at a time may empty it.
/// </summary>
/// <param name="most">Most members and buckets that wait; further ones are lost, and counted.</param>
internal sealed class CountInbox(int most)
{
    /// <summary>What a table that was fuller than this has grown to is not kept.</summary>
    private const int KeptEntries = 16_384;

    private readonly Lock _gate = new();
    private Dictionary<(string Member, long Bucket), Arrived> _filling = [], _other = [];
    private long _lost;

    /// <summary>Additions that did not fit.</summary>
    public long Lost => Volatile.Read(ref _lost);

    /// <summary>Adds what this process has counted.</summary>
    public void Add(string member, long bucket, double amount)
    {
        lock (_gate)
        {
            if (Room((member, bucket)))
                CollectionsMarshal.GetValueRefOrAddDefault(_filling, (member, bucket), out _).Own += amount;
        }
    }

    /// <summary>Adds what another process has counted and stores itself.</summary>
    public void Hear(string member, long bucket, double amount, DateTimeOffset now)
    {
        lock (_gate)
        {
            if (!Room((member, bucket)))
                return;
            ref Arrived arrived = ref CollectionsMarshal.GetValueRefOrAddDefault(_filling, (member, bucket), out _);
            arrived.Heard += amount;
            arrived.HeardAt = now;
        }
    }

    /// <summary>Takes everything out. What it gives is valid until the next call.</summary>
    public IReadOnlyCollection<KeyValuePair<(string Member, long Bucket), Arrived>> Empty()
    {
        if (_other.Count > KeptEntries)
            _other = [];
        else
            _other.Clear();
        lock (_gate)
            (_filling, _other) = (_other, _filling);
        return _other;
    }

    /// <summary>The caller has the gate.</summary>
    private bool Room((string, long) key)
    {
        if (_filling.Count < most || _filling.ContainsKey(key))
            return true;
        _lost++;
        return false;
    }

    /// <summary>What came of one member in one bucket.</summary>
    public struct Arrived
    {
        /// <summary>Counted by this process.</summary>
        public double Own;

        /// <summary>Counted by others.</summary>
        public double Heard;

        /// <summary>When the last of that came.</summary>
        public DateTimeOffset HeardAt;
    }
}
