using Inference.Training.Data;

namespace Inference.Training.Splits;

/// <summary>The mode "arrival": whole users by the time of their first event, cold items by the hash of their id.</summary>
internal sealed class ArrivalSplit(EventTable events) : SplitParts(events)
{
    private const double TrainingShare = 0.8, UntilTestShare = 0.9, WarmShare = 0.1;

    protected override SplitTimes Times { get; } = new(SplitTimes.Arrival, null, null);

    protected override void Fill()
    {
        uint[] hashes = new uint[ItemCount];
        for (int item = 0; item < hashes.Length; item++)
            hashes[item] = ColdSplitBuilder.HashOf(Events.ItemIds[item]);

        int[] users = Timelines.UsersByArrival;
        int training = (int)(users.Length * TrainingShare), untilTest = (int)(users.Length * UntilTestShare);
        ValidationUsers.AddRange(users[training..untilTest]);
        TestUsers.AddRange(users[untilTest..]);
        var first = new List<int>();
        foreach (int user in users.AsSpan(0, training))
        {
            FirstEvents(user, first);
            List<int> coldTest = [], coldValidation = [], others = [];
            foreach (int e in first)
            {
                int item = Events.Items[e];
                (hashes[item] < 2 ? coldTest : hashes[item] == 2 ? coldValidation : others).Add(item);
            }

            int warm = Math.Max(1, (int)(others.Count * WarmShare)), warmBegin = Math.Max(0, others.Count - 2 * warm), testBegin = Math.Max(0, others.Count - warm);
            AddTrainingUser(user, [.. others[..warmBegin]], [.. others[warmBegin..testBegin]], [.. others[testBegin..]], [.. coldValidation], [.. coldTest]);
        }
    }
}
