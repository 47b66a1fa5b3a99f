using Google.Protobuf.WellKnownTypes;
using Recsys.V1;

namespace ChaosTests.Scenarios;

/// <summary>Makes events.</summary>
internal static class Clicks
{
    /// <summary>A click, now.</summary>
    public static Event On(string eventId, string user, string item) => new()
    {
        EventId = eventId,
        UserId = user,
        ItemId = item,
        Type = EventType.Click,
        Time = Timestamp.FromDateTimeOffset(TimeProvider.System.GetUtcNow()),
    };
}
