using Inference.Training.Chance;
using Inference.Training.Features;
using Inference.Training.Splits;

namespace UnitTests.Training.TwoTower;

/// <summary>
/// A small shop with known truth: items have one of eight kinds, told by a word; users like one kind, told (mostly) by their context, and take items of it most of the time.
/// </summary>
internal sealed class TowerWorld
{
    public const int Kinds = 8;

    private SeededRandom _start;

    public TowerWorld(int users = 400, int perKind = 20, ulong seed = 5)
    {
        _start = new SeededRandom(seed);
        int items = Kinds * perKind, cold = Kinds * 2, unseen = 60;
        KindOf = new int[items + cold];
        var tokens = new List<IReadOnlyList<int>>();
        float[] dense = new float[KindOf.Length * 2];
        for (int i = 0; i < KindOf.Length; i++)
        {
            KindOf[i] = i % Kinds;
            tokens.Add([1 + KindOf[i], 20 + _start.NextInt(12)]);
            dense[i * 2 + i % 2] = 1;
        }

        var ids = Enumerable.Range(0, KindOf.Length).Select(i => $"i{i}").ToList();
        var training = new List<IReadOnlyList<int>>();
        var warm = new List<IReadOnlyList<int>>();
        var coldTargets = new List<IReadOnlyList<int>>();
        var userIds = new List<string>();
        var codes = new List<int>();
        List<IReadOnlyList<int>> support = [], targets = [];
        for (int user = 0; user < users + unseen; user++)
        {
            int kind = _start.NextInt(Kinds);
            userIds.Add($"u{user}");
            codes.Add(_start.NextDouble() < 0.8 ? 1 + kind : 0);
            codes.Add(1 + _start.NextInt(2));
            List<int> list = List(kind, items, 18);
            if (user < users)
            {
                training.Add(list[..14]);
                warm.Add(list[14..]);
                coldTargets.Add([items + kind, items + kind + Kinds]);
            }
            else
            {
                support.Add(list[..10]);
                targets.Add(list[10..]);
            }
        }

        int[] counts = new int[KindOf.Length];
        foreach (int item in training.SelectMany(list => list))
            counts[item]++;
        var none = RowLists.Of([.. Enumerable.Repeat<IReadOnlyList<int>>([], users)]);
        var few = new FewShotUsers(userIds[users..], RowLists.Of(support), RowLists.Of(targets));
        Split = new ColdSplit(
            new SplitItems(ids, items, 0, counts), userIds[..users], RowLists.Of(training), RowLists.Of(warm), none, RowLists.Of(coldTargets), none, few, new FewShotUsers([], RowLists.Of([]), RowLists.Of([])));
        Contexts = new UserContexts([new ContextField("kind", [.. Enumerable.Range(0, Kinds).Select(k => $"k{k}")]), new ContextField("noise", ["a", "b"])], userIds, [.. codes]);
        Traits = new ItemTraits(KindOf.Length, dense, 2, RowLists.Of(tokens), 40, RowLists.Of([.. Enumerable.Repeat<IReadOnlyList<int>>([], KindOf.Length)]), [], 0);
    }

    public int[] KindOf { get; }

    public ColdSplit Split { get; }

    public UserContexts Contexts { get; }

    public ItemTraits Traits { get; }

    private List<int> List(int kind, int items, int length)
    {
        var list = new List<int>();
        while (list.Count < length)
        {
            // Early items are taken more often, whatever the kind.
            double x = _start.NextDouble();
            int item = (int)(x * x * items);
            if (_start.NextDouble() < 0.8)
                item = item / Kinds * Kinds + kind;
            if (!list.Contains(item))
                list.Add(item);
        }

        return list;
    }
}
