using Inference.Recommendations.Users;

namespace Inference.Storage.Events;

/// <summary>The latest events of this process by user and event key, so that a repetition is known without asking anybody. Bounded: some 65,000 to 130,000 events. Safe for concurrent use.</summary>
internal sealed class SeenEvents
{
    private const int Shards = 16;

    /// <summary>Events of one generation of one shard. Two generations are kept, and the elder goes when the younger is full.</summary>
    private const int Generation = 4_096;

    private readonly Shard[] _shards = [.. Enumerable.Range(0, Shards).Select(_ => new Shard())];

    /// <summary>Remembers an event.</summary>
    /// <returns>Whether it was not remembered already.</returns>
    public bool TryAdd(UserKey user, ulong eventKey) => Of(eventKey).TryAdd((user, eventKey));

    /// <summary>Forgets an event, so that it counts as new again.</summary>
    public void Remove(UserKey user, ulong eventKey) => Of(eventKey).Remove((user, eventKey));

    private Shard Of(ulong eventKey) => _shards[eventKey % Shards];

    private sealed class Shard
    {
        private readonly Lock _gate = new();
        private HashSet<(UserKey, ulong)> _young = [], _old = [];

        public bool TryAdd((UserKey, ulong) seen)
        {
            lock (_gate)
            {
                if (_old.Contains(seen) || !_young.Add(seen))
                    return false;
                if (_young.Count >= Generation)
                {
                    (_old, _young) = (_young, _old);
                    _young.Clear();
                }

                return true;
            }
        }

        public void Remove((UserKey, ulong) seen)
        {
            lock (_gate)
            {
                _young.Remove(seen);
                _old.Remove(seen);
            }
        }
    }
}
