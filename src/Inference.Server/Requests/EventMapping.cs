using Inference.Recommendations.Users;
using Recsys.V1;

namespace Inference.Server.Requests;

/// <summary>Events that have passed <see cref="EventRules"/> as events of the domain.</summary>
internal static class EventMapping
{
    /// <summary>How far ahead of this server a caller's clock may be; what is further is taken as now.</summary>
    private static readonly TimeSpan Ahead = TimeSpan.FromMinutes(1);

    /// <param name="arrival">Now. Events that do not say when they happened did in the order of the call, a microsecond apart: what is kept of users is ordered by time.</param>
    public static UserEvent[] ToEvents(RecordEventsRequest request, UserKeyRing keys, RequestIds ids, DateTimeOffset arrival)
    {
        var events = new UserEvent[request.Events.Count];
        for (int i = 0; i < events.Length; i++)
            events[i] = ToEvent(request.Events[i], keys, ids, arrival.AddMicroseconds(i));
        return events;
    }

    private static UserEvent ToEvent(Event item, UserKeyRing keys, RequestIds ids, DateTimeOffset arrival)
    {
        DateTimeOffset time = item.Time?.ToDateTimeOffset() ?? arrival;
        return new UserEvent(
            item.EventId.Length > 0 ? item.EventId : ids.Next(),
            keys.Of(item.UserId),
            item.ItemId,
            ToType(item.Type),
            time > arrival + Ahead ? arrival : time,
            item.RequestId,
            item.Slot,
            item.Value);
    }

    private static InteractionType ToType(EventType type) => type switch
    {
        EventType.View => InteractionType.View,
        EventType.Click => InteractionType.Click,
        EventType.Cart => InteractionType.Cart,
        EventType.Purchase => InteractionType.Purchase,
        EventType.Like => InteractionType.Like,
        _ => InteractionType.Skip,
    };
}
