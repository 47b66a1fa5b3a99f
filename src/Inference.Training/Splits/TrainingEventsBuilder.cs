using Inference.Training.Data;

namespace Inference.Training.Splits;

/// <summary>
/// Finds the raw events that belong to the training part of a split:
/// <list type="number">
/// <item>The first event of each pair (user, item) that the split names is looked up; one that is not there is an error.</item>
/// <item>Where the split says when validation begins, and every training pair is older and no held-out pair is: all events before that time.</item>
/// <item>Else, where every training pair is older than every held-out event: all events before the first held-out one.</item>
/// <item>Else (users were split by arrival), per user: the events up to the first one with the user's last training item.</item>
/// </list>
/// In each case only events with items that are training items of that user. So none has a pair that validation or test asks for, and none is later than the user's training.
/// </summary>
public sealed class TrainingEventsBuilder
{
    private readonly ColdSplit _split;
    private readonly EventTable _events;
    private readonly Timelines _timelines;
    private readonly int[] _indexes; // by number of an item in the events: its index in the split, or -1
    private readonly int[] _users; // by row: number of the user in the events
    private readonly int[] _lastPlaces; // by row: how many events there are up to the first one with the last training item
    private readonly int[] _owner; // by item: stamp of the row that has it as a training item
    private long _lastTraining = long.MinValue;
    private long _firstHeldOut = long.MaxValue;

    private TrainingEventsBuilder(ColdSplit split, EventTable events)
    {
        _split = split;
        _events = events;
        _timelines = new Timelines(events);
        _indexes = IndexesOf(split.Items, events);
        _users = UsersOf(split.TrainingUserIds, events);
        _lastPlaces = new int[_users.Length];
        _owner = new int[split.Items.Count];
    }

    /// <exception cref="InvalidDataException">The split names users, items or pairs that the events do not have.</exception>
    public static TrainingEvents Build(ColdSplit split, EventTable events)
    {
        var builder = new TrainingEventsBuilder(split, events);
        builder.FindTimes();
        return builder.Take();
    }

    private static int[] IndexesOf(SplitItems items, EventTable events)
    {
        int[] indexes = new int[events.ItemIds.Count];
        Array.Fill(indexes, -1);
        var missing = new List<string>();
        for (int item = 0; item < items.Count; item++)
        {
            int number = events.ItemIds.Find(items.Ids[item]);
            if (number < 0)
                missing.Add(items.Ids[item]);
            else
                indexes[number] = item;
        }

        return missing.Count == 0 ? indexes : throw Missing(missing, items.Count, "items");
    }

    private static int[] UsersOf(IReadOnlyList<string> ids, EventTable events)
    {
        int[] users = new int[ids.Count];
        var missing = new List<string>();
        for (int row = 0; row < users.Length; row++)
        {
            users[row] = events.UserIds.Find(ids[row]);
            if (users[row] < 0)
                missing.Add(ids[row]);
        }

        return missing.Count == 0 ? users : throw Missing(missing, users.Length, "training users");
    }

    private static InvalidDataException Missing(List<string> missing, int all, string what) =>
        new($"The split and the events do not belong together: {missing.Count} of {all} {what} of the split have no event, for example {string.Join(", ", missing.Take(3).Select(id => $"'{id}'"))}.");

    private void FindTimes()
    {
        long[] firstTimes = new long[_split.Items.Count];
        int[] firstPlaces = new int[_split.Items.Count];
        int[] seen = new int[_split.Items.Count];
        for (int row = 0; row < _users.Length; row++)
        {
            ReadOnlySpan<int> events = _timelines[_users[row]];
            for (int place = 0; place < events.Length; place++)
            {
                int item = _indexes[_events.Items[events[place]]];
                if (item < 0 || seen[item] == row + 1)
                    continue;
                (seen[item], firstTimes[item], firstPlaces[item]) = (row + 1, _events.Milliseconds[events[place]], place);
            }

            foreach (int item in _split.Training[row])
            {
                Expect(seen[item] == row + 1, row, item);
                _lastTraining = Math.Max(_lastTraining, firstTimes[item]);
                _lastPlaces[row] = Math.Max(_lastPlaces[row], firstPlaces[item] + 1);
            }

            foreach (RowLists part in (ReadOnlySpan<RowLists>)[_split.WarmValidation, _split.WarmTest, _split.ColdItemsValidation, _split.ColdItemsTest])
            {
                foreach (int item in part[row])
                {
                    Expect(seen[item] == row + 1, row, item);
                    _firstHeldOut = Math.Min(_firstHeldOut, firstTimes[item]);
                }
            }
        }

        foreach (FewShotUsers unseen in (ReadOnlySpan<FewShotUsers>)[_split.Validation, _split.Test])
        {
            foreach (int user in UsersOf(unseen.UserIds, _events))
                _firstHeldOut = Math.Min(_firstHeldOut, _timelines.ArrivalOf(user));
        }
    }

    private void Expect(bool there, int row, int item)
    {
        if (!there)
            throw new InvalidDataException($"The split and the events do not belong together: user '{_split.TrainingUserIds[row]}' has no event with the item '{_split.Items.Ids[item]}'.");
    }

    private TrainingEvents Take()
    {
        long? cut = null;
        string rule = "per user, the events up to the first one with the last training item";
        if (_split.Times?.Validation is { } validation && _lastTraining < validation * 1000 && validation * 1000 <= _firstHeldOut)
            (cut, rule) = (validation * 1000, "all events of training users before the validation part begins");
        else if (_lastTraining < _firstHeldOut)
            (cut, rule) = (_firstHeldOut, "all events of training users before the first event that is held out");

        int[] offsets = new int[_users.Length + 1];
        var taken = new List<int>();
        for (int row = 0; row < _users.Length; row++)
        {
            foreach (int item in _split.Training[row])
                _owner[item] = row + 1;
            ReadOnlySpan<int> events = _timelines[_users[row]];
            for (int place = 0; place < events.Length; place++)
            {
                int e = events[place], item = _indexes[_events.Items[e]];
                if (item >= 0 && _owner[item] == row + 1 && (cut is { } time ? _events.Milliseconds[e] < time : place < _lastPlaces[row]))
                    taken.Add(e);
            }

            offsets[row + 1] = taken.Count;
        }

        int[] items = new int[taken.Count];
        long[] seconds = new long[taken.Count];
        float[]? values = _events.Values.IsEmpty ? null : new float[taken.Count];
        int[]? baskets = _events.Baskets.IsEmpty ? null : new int[taken.Count];
        for (int i = 0; i < items.Length; i++)
        {
            int e = taken[i];
            items[i] = _indexes[_events.Items[e]];
            seconds[i] = (long)Math.Floor(_events.Milliseconds[e] / 1000.0);
            if (values is not null)
                values[i] = _events.Values[e];
            if (baskets is not null)
                baskets[i] = _events.Baskets[e];
        }

        return new TrainingEvents(offsets, items, seconds, values, baskets, rule);
    }
}
