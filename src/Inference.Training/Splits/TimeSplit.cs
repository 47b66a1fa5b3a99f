using Inference.Training.Data;

namespace Inference.Training.Splits;

/// <summary>The mode "time": everything is cut at two points of time.</summary>
internal sealed class TimeSplit(EventTable events, SplitTimes times) : SplitParts(events)
{
    private readonly long _validation = times.Validation!.Value * 1000;
    private readonly long _test = times.Test!.Value * 1000;

    protected override SplitTimes Times => times;

    protected override void Fill()
    {
        long[] firstSeen = new long[ItemCount];
        Array.Fill(firstSeen, long.MaxValue);
        for (int e = 0; e < Events.Count; e++)
        {
            int item = Events.Items[e];
            firstSeen[item] = Math.Min(firstSeen[item], Events.Milliseconds[e]);
        }

        var first = new List<int>();
        foreach (int user in Timelines.UsersByArrival)
        {
            long arrival = Timelines.ArrivalOf(user);
            if (arrival >= _validation)
            {
                (arrival < _test ? ValidationUsers : TestUsers).Add(user);
                continue;
            }

            FirstEvents(user, first);
            // What is no catalogue item is taken out of the warm parts when items are numbered.
            AddTrainingUser(
                user,
                ItemsOf(first, (time, _) => time < _validation),
                ItemsOf(first, (time, _) => time >= _validation && time < _test),
                ItemsOf(first, (time, _) => time >= _test),
                ItemsOf(first, (time, item) => time < _test && firstSeen[item] >= _validation && firstSeen[item] < _test),
                ItemsOf(first, (_, item) => firstSeen[item] >= _test));
        }
    }

    private int[] ItemsOf(List<int> events, Func<long, int, bool> belongs)
    {
        var items = new List<int>();
        foreach (int e in events)
        {
            if (belongs(Events.Milliseconds[e], Events.Items[e]))
                items.Add(Events.Items[e]);
        }

        return [.. items];
    }
}
