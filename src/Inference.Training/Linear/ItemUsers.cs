using Inference.Training.Splits;

namespace Inference.Training.Linear;

/// <summary>Turns users' item lists round: per item, the users that have it, ascending, and where in their lists it stands.</summary>
/// <param name="Users">Per item, places of users.</param>
/// <param name="Positions">Value for value with <paramref name="Users"/>: the place of the item in the user's list.</param>
internal sealed record ItemUsers(RowLists Users, int[] Positions)
{
    /// <param name="lists">Item indexes per user; those from <paramref name="items"/> on are left out.</param>
    /// <param name="items">Number of items.</param>
    public static ItemUsers Of(RowLists lists, int items)
    {
        int[] offsets = RowLists.OffsetsOf(lists.Values, items);
        int[] next = offsets[..items];
        int[] users = new int[offsets[items]], positions = new int[offsets[items]];
        for (int user = 0; user < lists.Count; user++)
        {
            ReadOnlySpan<int> list = lists[user];
            for (int position = 0; position < list.Length; position++)
            {
                if (list[position] >= items)
                    continue;
                int place = next[list[position]]++;
                users[place] = user;
                positions[place] = position;
            }
        }

        return new ItemUsers(new RowLists(offsets, users), positions);
    }
}
