using Inference.Recommendations.Exploration;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Users;

namespace Inference.Training.OffPolicy;

/// <summary>One line of a log as it was read; the parser fills the same object again and again.</summary>
internal sealed class LogLine
{
    private readonly List<LoggedDraw> _draws = [];

    /// <summary>Whether it is an event; else a decision.</summary>
    public bool IsEvent { get; set; }

    /// <summary>128 bits that stand for the request's id.</summary>
    public UInt128 Request { get; set; }

    /// <summary>Of a decision: which page of a longer list it is, from 1. Pages may have the same request id.</summary>
    public int Page { get; set; }

    public DateTimeOffset Time { get; set; }

    /// <summary>The user's key; 0 for nobody.</summary>
    public UInt128 User { get; set; }

    /// <summary>Of an event: 64 bits that stand for its id.</summary>
    public ulong Event { get; set; }

    /// <summary>Of an event: 64 bits that stand for the item.</summary>
    public ulong Item { get; set; }

    /// <summary>Of an event: what was done.</summary>
    public InteractionType Type { get; set; }

    /// <summary>Of an event: the slot; 0 when unknown.</summary>
    public int Slot { get; set; }

    /// <summary>Of an event: its value.</summary>
    public double Value { get; set; }

    /// <summary>Of a decision: how many draws there are.</summary>
    public int Draws { get; private set; }

    /// <summary>A draw of a decision.</summary>
    public LoggedDraw Draw(int index) => _draws[index];

    public void Clear()
    {
        (IsEvent, Request, Page, Time, User, Event, Item, Type, Slot, Value, Draws) = (false, 0, 1, default, 0, 0, 0, default, 0, 0, 0);
    }

    public LoggedDraw AddDraw()
    {
        if (Draws == _draws.Count)
            _draws.Add(new LoggedDraw());
        LoggedDraw draw = _draws[Draws++];
        draw.Clear();
        return draw;
    }
}

/// <summary>One draw of a decision.</summary>
internal sealed class LoggedDraw
{
    private PoolItem[] _pool = new PoolItem[64];
    private double[] _probabilities = new double[64];
    private ulong[] _items = new ulong[64];

    public int Slot { get; set; }

    public SlotType Type { get; set; }

    public ChoiceSettings Settings { get; set; }

    public double Rate { get; set; }

    public int Chosen { get; set; }

    public int Count { get; private set; }

    public ReadOnlySpan<PoolItem> Pool => _pool.AsSpan(0, Count);

    public ReadOnlySpan<double> Probabilities => _probabilities.AsSpan(0, Count);

    /// <summary>64 bits that stand for the chosen item.</summary>
    public ulong ChosenItem => _items[Chosen];

    public void Clear() => (Slot, Type, Settings, Rate, Chosen, Count) = (0, default, default, 0, -1, 0);

    public void Add(ulong item, float score, float shown, float clicked, double probability)
    {
        if (Count == _pool.Length)
        {
            Array.Resize(ref _pool, 2 * Count);
            Array.Resize(ref _probabilities, 2 * Count);
            Array.Resize(ref _items, 2 * Count);
        }

        _pool[Count] = new PoolItem(Count, score, shown, clicked);
        _items[Count] = item;
        _probabilities[Count++] = probability;
    }

    /// <summary>Whether it can be true.</summary>
    public bool IsSound()
    {
        if (Chosen < 0 || Chosen >= Count || Settings.Policy == 0 || Type is not (SlotType.Explore or SlotType.NewItem) || Rate is not (> 0 and < 1))
            return false;
        double sum = 0;
        foreach (double probability in Probabilities)
        {
            if (probability is not (>= 0 and <= 1))
                return false;
            sum += probability;
        }

        return Math.Abs(sum - 1) < 1e-6 && _probabilities[Chosen] > 0;
    }
}
