using Inference.Training.Data;

namespace Inference.Training.Splits;

/// <summary>What both modes share: first events of each user and item, and the catalogue, cold items and few-shot users that follow from the parts.</summary>
internal abstract class SplitParts
{
    private readonly int[] _seenBy;

    protected SplitParts(EventTable events)
    {
        Timelines = new Timelines(events);
        _seenBy = new int[events.ItemIds.Count];
    }

    protected Timelines Timelines { get; }

    protected EventTable Events => Timelines.Events;

    protected int ItemCount => _seenBy.Length;

    /// <summary>Per training user, in their order, the numbers of the items of each part.</summary>
    protected List<int> TrainingUsers { get; } = [];

    protected List<int[]> Training { get; } = [];

    protected List<int[]> WarmValidation { get; } = [];

    protected List<int[]> WarmTest { get; } = [];

    protected List<int[]> ColdValidation { get; } = [];

    protected List<int[]> ColdTest { get; } = [];

    protected List<int> ValidationUsers { get; } = [];

    protected List<int> TestUsers { get; } = [];

    protected abstract SplitTimes Times { get; }

    public ColdSplit Build()
    {
        Fill();
        int[] counts = new int[ItemCount];
        foreach (int[] items in Training)
        {
            foreach (int item in items)
                counts[item]++;
        }

        if (TrainingUsers.Count == 0)
            throw new InvalidDataException("There is no event before the validation part: the split leaves nothing to train on.");
        (SplitItems splitItems, int[] indexes) = NumberItems(counts);
        return new ColdSplit(
            splitItems,
            [.. TrainingUsers.Select(user => Events.UserIds[user])],
            ListsOf(Training, indexes, splitItems.Count),
            ListsOf(WarmValidation, indexes, splitItems.TrainingCount),
            ListsOf(WarmTest, indexes, splitItems.TrainingCount),
            ListsOf(ColdValidation, indexes, splitItems.Count),
            ListsOf(ColdTest, indexes, splitItems.Count),
            FewShotOf(ValidationUsers, indexes, splitItems.TrainingCount),
            FewShotOf(TestUsers, indexes, splitItems.TrainingCount))
        {
            Times = Times,
        };
    }

    protected abstract void Fill();

    /// <summary>Adds a training user, unless nothing is left to train on.</summary>
    protected void AddTrainingUser(int user, int[] training, int[] warmValidation, int[] warmTest, int[] coldValidation, int[] coldTest)
    {
        if (training.Length == 0)
            return;
        TrainingUsers.Add(user);
        Training.Add(training);
        WarmValidation.Add(warmValidation);
        WarmTest.Add(warmTest);
        ColdValidation.Add(coldValidation);
        ColdTest.Add(coldTest);
    }

    /// <summary>The first event of a user with each item, in the order of time.</summary>
    protected void FirstEvents(int user, List<int> events)
    {
        events.Clear();
        foreach (int e in Timelines[user])
        {
            int item = Events.Items[e];
            if (_seenBy[item] == user + 1)
                continue;
            _seenBy[item] = user + 1;
            events.Add(e);
        }
    }

    private (SplitItems Items, int[] Indexes) NumberItems(int[] counts)
    {
        List<(string Id, int Number)> catalogue = [];
        for (int item = 0; item < counts.Length; item++)
        {
            if (counts[item] > 0)
                catalogue.Add((Events.ItemIds[item], item));
        }

        ItemOrder order = ItemOrder.Of(catalogue.Select(item => item.Id));
        List<(string Id, int Number)> coldTest = Named(ColdTest), coldValidation = Named(ColdValidation);
        foreach (List<(string Id, int Number)> part in (List<(string, int)>[])[catalogue, coldTest, coldValidation])
            part.Sort((a, b) => order.Compare(a.Id, b.Id));
        List<(string Id, int Number)> all = [.. catalogue, .. coldTest, .. coldValidation];
        int[] indexes = new int[counts.Length];
        Array.Fill(indexes, -1);
        for (int index = 0; index < all.Count; index++)
            indexes[all[index].Number] = index;
        return (new SplitItems([.. all.Select(item => item.Id)], catalogue.Count, coldTest.Count, [.. all.Select(item => counts[item.Number])]), indexes);
    }

    private List<(string Id, int Number)> Named(List<int[]> part) => [.. part.SelectMany(items => items).Distinct().Select(item => (Events.ItemIds[item], item))];

    /// <summary>Item numbers as indexes; those from <paramref name="below"/> on, and items without index, are left out.</summary>
    private static RowLists ListsOf(List<int[]> lists, int[] indexes, int below)
    {
        var result = new int[lists.Count][];
        for (int row = 0; row < result.Length; row++)
            result[row] = Array.FindAll(Array.ConvertAll(lists[row], item => indexes[item]), index => index >= 0 && index < below);
        return RowLists.Of(result);
    }

    private FewShotUsers FewShotOf(List<int> users, int[] indexes, int trainingCount)
    {
        var ids = new List<string>();
        List<int[]> support = [], targets = [];
        var events = new List<int>();
        var items = new List<int>();
        foreach (int user in users)
        {
            FirstEvents(user, events);
            items.Clear();
            foreach (int e in events)
            {
                int index = indexes[Events.Items[e]];
                if (index >= 0 && index < trainingCount)
                    items.Add(index);
            }

            if (items.Count < FewShotUsers.SupportLength + FewShotUsers.FewestTargets)
                continue;
            ids.Add(Events.UserIds[user]);
            support.Add([.. items[..FewShotUsers.SupportLength]]);
            targets.Add([.. items[FewShotUsers.SupportLength..]]);
        }

        return new FewShotUsers(ids, RowLists.Of(support), RowLists.Of(targets));
    }
}
