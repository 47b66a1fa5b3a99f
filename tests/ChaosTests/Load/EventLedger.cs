using Recsys.V1;

namespace ChaosTests.Load;

/// <summary>An event that the server confirmed.</summary>
/// <param name="Event">The event.</param>
/// <param name="Sent">When its call was sent, as timestamp of the system's clock.</param>
/// <param name="Confirmed">When the answer came.</param>
internal readonly record struct ConfirmedEvent(Event Event, long Sent, long Confirmed);

/// <summary>What was sent to be recorded and what the server confirmed: the model that Redis is compared with. Safe for concurrent use.</summary>
internal sealed class EventLedger
{
    private readonly Lock _gate = new();
    private readonly HashSet<string> _sent = [];
    private readonly HashSet<string> _ids = [];
    private readonly List<ConfirmedEvent> _confirmed = [];

    /// <summary>Events that the server confirmed, each once.</summary>
    public IReadOnlyList<ConfirmedEvent> Confirmed
    {
        get
        {
            lock (_gate)
                return [.. _confirmed];
        }
    }

    /// <summary>Ids of the events that were sent, confirmed or not: those of a call that failed may be recorded.</summary>
    public IReadOnlySet<string> Sent
    {
        get
        {
            lock (_gate)
                return new HashSet<string>(_sent);
        }
    }

    /// <summary>These are about to be sent.</summary>
    public void Send(IEnumerable<Event> events)
    {
        lock (_gate)
            _sent.UnionWith(events.Select(static one => one.EventId));
    }

    /// <summary>The server answered OK and dropped nothing.</summary>
    /// <param name="events">The events of the call.</param>
    /// <param name="sent">When it was sent.</param>
    public void Confirm(IEnumerable<Event> events, long sent)
    {
        long now = TimeProvider.System.GetTimestamp();
        lock (_gate)
        {
            foreach (Event one in events)
            {
                if (_ids.Add(one.EventId))
                    _confirmed.Add(new ConfirmedEvent(one, sent, now));
            }
        }
    }

    /// <summary>An event that was confirmed before; null while there is none.</summary>
    /// <param name="draw">Which one, in [0, 1).</param>
    public Event? Earlier(double draw)
    {
        lock (_gate)
            return _confirmed.Count == 0 ? null : _confirmed[(int)(draw * _confirmed.Count)].Event;
    }
}
