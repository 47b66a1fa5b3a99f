using Inference.Training.Chance;
using Inference.Training.Features;
using Inference.Training.Splits;

namespace Inference.Training.TwoTower;

/// <summary>One step's examples.</summary>
/// <param name="Histories">What the tower is shown of each user.</param>
/// <param name="Hidden">Items that the user has had by then, shown or not: no candidates.</param>
/// <param name="Targets">What the user took later; equally likely each.</param>
/// <param name="Codes">Users × fields, some made unknown.</param>
/// <param name="Places">Per user the place in the contexts; -1 where nothing is known, or everything was made unknown.</param>
internal sealed record Examples(IReadOnlyList<ReadOnlyMemory<int>> Histories, IReadOnlyList<ReadOnlyMemory<int>> Hidden, IReadOnlyList<ReadOnlyMemory<int>> Targets, int[] Codes, int[] Places)
{
    public int Count => Histories.Count;
}

/// <summary>
/// Draws examples: a user (by the square root of the number of items), a moment in the user's list, a history that ends there, and everything after it as targets. Histories are of the kinds that requests have: none at
/// all, the first few items of a new user, or a window of any length. Step s of a seed gives the same examples always.
/// </summary>
internal sealed class ExampleSampler
{
    /// <summary>Items of a user who can be an example.</summary>
    public const int FewestItems = 3;

    private const int MostFirst = 10;

    private readonly RowLists _lists;
    private readonly TwoTowerOptions _options;
    private readonly int[] _users;
    private readonly AliasTable _draw;
    private readonly int[] _codes;
    private readonly int[] _places;
    private readonly int _fields;

    /// <exception cref="ArgumentException">No user has three items.</exception>
    public ExampleSampler(ColdSplit split, UserContexts contexts, TwoTowerOptions options)
    {
        _lists = split.Training;
        _options = options;
        var users = new List<int>();
        var weights = new List<double>();
        for (int user = 0; user < _lists.Count; user++)
        {
            if (_lists[user].Length >= FewestItems)
            {
                users.Add(user);
                weights.Add(Math.Sqrt(_lists[user].Length));
            }
        }

        if (users.Count == 0)
            throw new ArgumentException($"No training user has {FewestItems} items.", nameof(split));
        _users = [.. users];
        _draw = new AliasTable(weights.ToArray());
        _fields = contexts.Fields.Count;
        _codes = new int[_lists.Count * _fields];
        _places = new int[_lists.Count];
        for (int user = 0; user < _lists.Count; user++)
        {
            int place = _places[user] = contexts.Find(split.TrainingUserIds[user]);
            if (place >= 0)
                contexts[place].CopyTo(_codes.AsSpan(user * _fields, _fields));
        }
    }

    /// <param name="step">Number of the step over all phases.</param>
    /// <param name="emptyOnly">Whether no example is to have a history.</param>
    public Examples Draw(int step, bool emptyOnly)
    {
        var random = new SeededRandom(_options.Seed, 1_000_000UL + (ulong)step);
        int count = _options.BatchSize;
        var histories = new ReadOnlyMemory<int>[count];
        var hidden = new ReadOnlyMemory<int>[count];
        var targets = new ReadOnlyMemory<int>[count];
        int[] codes = new int[count * _fields], places = new int[count];
        for (int row = 0; row < count; row++)
        {
            int user = _users[_draw.Draw(ref random)];
            ReadOnlyMemory<int> list = _lists.Slice(user);
            (int first, int end) = emptyOnly ? (0, 0) : Window(list.Length, ref random);
            hidden[row] = list[first..end];
            histories[row] = Thinned(list[first..end], ref random);
            targets[row] = list[end..];
            bool isKnown = false;
            for (int field = 0; field < _fields; field++)
            {
                codes[row * _fields + field] = random.NextDouble() < _options.ContextDropout ? 0 : _codes[user * _fields + field];
                isKnown |= codes[row * _fields + field] != 0;
            }

            places[row] = isKnown ? _places[user] : -1;
        }

        return new Examples(histories, hidden, targets, codes, places);
    }

    /// <summary>History [first, end) of a list; end is below its length.</summary>
    private (int First, int End) Window(int length, ref SeededRandom random)
    {
        double kind = random.NextDouble();
        if (kind < _options.EmptyShare)
            return (0, 0);
        if (kind < _options.EmptyShare + _options.FirstShare)
            return (0, 1 + random.NextInt(Math.Min(MostFirst, length - 1)));
        int longest = Math.Min(length - 1, _options.MaxHistory);
        int size = Math.Min(longest, (int)Math.Exp(random.NextDouble() * Math.Log(longest + 0.999)));
        int end = size + random.NextInt(length - size);
        return (end - size, end);
    }

    private ReadOnlyMemory<int> Thinned(ReadOnlyMemory<int> history, ref SeededRandom random)
    {
        if (_options.HistoryDropout == 0 || history.Length < 2)
            return history;
        double share = _options.HistoryDropout * random.NextDouble();
        int[] kept = new int[history.Length];
        int count = 0;
        foreach (int item in history.Span)
        {
            if (random.NextDouble() >= share)
                kept[count++] = item;
        }

        return kept.AsMemory(0, count);
    }
}
