using Inference.Training.Data;

namespace Inference.Training.Splits;

/// <summary>
/// The events of each user in the order of time; equal times stay in the order of the file.
/// <list type="number">
/// <item>Where the file is not in the order of time: a radix sort of event numbers by time, 16 bits a pass, which is stable.</item>
/// <item>A counting sort by user.</item>
/// </list>
/// </summary>
internal sealed class Timelines
{
    private const int DigitBits = 16, Digits = 1 << DigitBits;

    private readonly int[] _offsets;
    private readonly int[] _events;

    public Timelines(EventTable events)
    {
        Events = events;
        int[] order = OrderOf(events.Milliseconds);
        int users = events.UserIds.Count;
        _offsets = RowLists.OffsetsOf(events.Users, users);
        int[] next = _offsets[..users];
        _events = new int[order.Length];
        var byArrival = new List<int>(users);
        foreach (int e in order)
        {
            int user = events.Users[e];
            if (next[user] == _offsets[user])
                byArrival.Add(user);
            _events[next[user]++] = e;
        }

        UsersByArrival = [.. byArrival];
    }

    public EventTable Events { get; }

    /// <summary>Users that have events, by the time of their first one.</summary>
    public int[] UsersByArrival { get; }

    /// <summary>Numbers of the events of a user.</summary>
    public ReadOnlySpan<int> this[int user] => _events.AsSpan(_offsets[user], _offsets[user + 1] - _offsets[user]);

    /// <summary>Time of a user's first event, in milliseconds.</summary>
    public long ArrivalOf(int user) => Events.Milliseconds[this[user][0]];

    /// <summary>Event numbers in the order of time.</summary>
    private static int[] OrderOf(ReadOnlySpan<long> times)
    {
        int[] order = new int[times.Length];
        for (int i = 0; i < order.Length; i++)
            order[i] = i;
        long least = long.MaxValue, most = long.MinValue;
        bool sorted = true;
        for (int i = 0; i < times.Length; i++)
        {
            sorted &= times[i] >= most;
            least = Math.Min(least, times[i]);
            most = Math.Max(most, times[i]);
        }

        if (sorted)
            return order;
        int[] from = order, to = new int[order.Length];
        int[] places = new int[Digits];
        for (int shift = 0; shift < 64 && (ulong)(most - least) >> shift != 0; shift += DigitBits)
        {
            Array.Clear(places);
            foreach (long time in times)
                places[DigitOf(time - least, shift)]++;
            int sum = 0;
            for (int digit = 0; digit < Digits; digit++)
                (places[digit], sum) = (sum, sum + places[digit]);
            foreach (int e in from)
                to[places[DigitOf(times[e] - least, shift)]++] = e;
            (from, to) = (to, from);
        }

        return from;
    }

    private static int DigitOf(long time, int shift) => (int)((ulong)time >> shift) & (Digits - 1);
}
