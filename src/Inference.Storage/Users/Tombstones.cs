using System.Collections.Concurrent;
using Inference.Recommendations.Users;

namespace Inference.Storage.Users;

/// <summary>Users that this process knows to be forgotten, for a time; bounded, the oldest gives way. Safe for concurrent use.</summary>
internal sealed class Tombstones(TimeSpan life, TimeProvider time, int most = Tombstones.Most)
{
    /// <summary>Most tombstones held: some 100 MB.</summary>
    public const int Most = 1_000_000;

    private readonly ConcurrentDictionary<UserKey, DateTimeOffset> _until = new();
    private readonly Queue<(UserKey User, DateTimeOffset Until)> _order = new();
    private readonly Lock _gate = new();
    private volatile int _count;

    public int Count => _count;

    /// <summary>Tombstones that gave way before their time.</summary>
    public long Lost { get; private set; }

    public void Add(UserKey user)
    {
        lock (_gate)
        {
            DateTimeOffset now = time.GetUtcNow();
            while (_order.TryPeek(out var oldest) && (oldest.Until <= now || _order.Count >= most))
            {
                _order.Dequeue();
                // A later tombstone of the same user stands further back in the queue.
                if (_until.TryRemove(KeyValuePair.Create(oldest.User, oldest.Until)) && oldest.Until > now)
                    Lost++;
            }

            DateTimeOffset until = now + life;
            _until[user] = until;
            _order.Enqueue((user, until));
            _count = _until.Count;
        }
    }

    public bool Holds(UserKey user) => _count != 0 && _until.TryGetValue(user, out DateTimeOffset until) && until > time.GetUtcNow();
}
