namespace Inference.Training.TwoTower;

/// <summary>Some users as the user tower takes them: a list of the items of all histories, and histories as places in that list.</summary>
/// <param name="Items">Items of the histories, each once.</param>
/// <param name="Offsets">Users + 1 places: history of user r is <c>Places[Offsets[r] .. Offsets[r + 1]]</c>, oldest first, not longer than the tower reads.</param>
/// <param name="Places">Places in <paramref name="Items"/>.</param>
/// <param name="Codes">Users × context fields; 0 for unknown.</param>
internal sealed record UserBatch(int[] Items, int[] Offsets, int[] Places, int[] Codes)
{
    public int Count => Offsets.Length - 1;

    /// <summary>Puts a batch together.</summary>
    /// <param name="histories">Item indexes, oldest first; what goes beyond <paramref name="maxHistory"/> is cut off at the beginning.</param>
    /// <param name="codes">Users × fields.</param>
    /// <param name="maxHistory">Most items per history.</param>
    public static UserBatch Of(IReadOnlyList<ReadOnlyMemory<int>> histories, int[] codes, int maxHistory)
    {
        var known = new Dictionary<int, int>();
        var items = new List<int>();
        var places = new List<int>();
        int[] offsets = new int[histories.Count + 1];
        for (int user = 0; user < histories.Count; user++)
        {
            ReadOnlySpan<int> history = histories[user].Span;
            foreach (int item in history[Math.Max(0, history.Length - maxHistory)..])
            {
                if (!known.TryGetValue(item, out int place))
                {
                    place = items.Count;
                    known.Add(item, place);
                    items.Add(item);
                }

                places.Add(place);
            }

            offsets[user + 1] = places.Count;
        }

        return new UserBatch([.. items], offsets, [.. places], codes);
    }
}
