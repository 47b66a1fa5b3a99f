using Google.Protobuf.WellKnownTypes;
using Inference.Server.Failures;
using Recsys.V1;

namespace Inference.Server.Requests;

/// <summary>Checks what is recorded and who is forgotten against the rules that the contract states, all at once. Items that nobody knows are no violation: the next bundle may bring them.</summary>
internal static class EventRules
{
    public static Failure? Check(RecordEventsRequest request)
    {
        var violations = new Violations();
        if (request.Events.Count == 0)
            violations.Add("events", "is empty; at least one event is needed.");
        violations.CheckCount("events", request.Events.Count, RequestLimits.Events);
        for (int i = 0; i < Math.Min(request.Events.Count, RequestLimits.Events); i++)
        {
            if (!IsFine(request.Events[i]))
                Check(ref violations, $"events[{i}].", request.Events[i]);
        }

        return violations.ToFailure();
    }

    public static Failure? Check(ForgetUserRequest request)
    {
        var violations = new Violations();
        if (request.UserId.Length == 0)
            violations.Add("user_id", "is empty; anonymous sessions leave nothing that could be forgotten.");
        violations.CheckLength("user_id", request.UserId, RequestLimits.IdBytes);
        return violations.ToFailure();
    }

    public static Failure? Check(GetUserRequest request)
    {
        var violations = new Violations();
        if (request.UserId.Length == 0)
            violations.Add("user_id", "is empty; nothing is kept of anonymous sessions.");
        violations.CheckLength("user_id", request.UserId, RequestLimits.IdBytes);
        return violations.ToFailure();
    }

    /// <summary>An event without any violation, checked without making field names.</summary>
    private static bool IsFine(Event item)
    {
        var violations = new Violations();
        Check(ref violations, "", item);
        return !violations.Any;
    }

    private static void Check(ref Violations violations, string path, Event item)
    {
        violations.CheckLength(path + "event_id", item.EventId, RequestLimits.EventIdBytes);
        violations.CheckLength(path + "user_id", item.UserId, RequestLimits.IdBytes);
        if (item.ItemId.Length == 0)
            violations.Add(path + "item_id", "is empty; an event is about an item.");
        violations.CheckLength(path + "item_id", item.ItemId, RequestLimits.IdBytes);
        if (item.Type is < EventType.View or > EventType.Skip)
            violations.Add(path + "type", item.Type == EventType.Unspecified ? "is not set." : $"is {(int)item.Type}, which this server does not know.");
        if (item.Time is { } time && !IsTime(time))
            violations.Add(path + "time", "is no time between the years 1 and 9999.");
        violations.CheckLength(path + "request_id", item.RequestId, RequestLimits.RequestIdBytes);
        if (item.Slot < 0)
            violations.Add(path + "slot", $"is {item.Slot}; it must be 0 (unknown) or a rank from 1.");
        if (!double.IsFinite(item.Value))
            violations.Add(path + "value", "is NaN or an infinity; it must be finite.");
    }

    /// <summary>google.protobuf.Timestamp: 0001-01-01T00:00:00Z to 9999-12-31T23:59:59.999999999Z.</summary>
    private static bool IsTime(Timestamp time) => time is { Seconds: >= -62_135_596_800 and <= 253_402_300_799, Nanos: >= 0 and <= 999_999_999 };
}
