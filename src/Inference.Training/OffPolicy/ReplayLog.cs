using System.Runtime.InteropServices;
using Inference.Recommendations.Exploration;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Users;

namespace Inference.Training.OffPolicy;

/// <summary>
/// Takes in the lines of a log, in any order, and joins them.
/// <list type="number">
/// <item>Each draw of the kind that is judged becomes a weight for each target, by the code that drew it, from the pool, the click rate and the parameters that the log states.</item>
/// <item>Pages of one list that have the same request id are one request: their slots are counted on, so an event finds its draw in any of them.</item>
/// <item>An event counts for the draw of its request that put its item into its slot, once, inside the window. Events that come before their decision wait for it.</item>
/// </list>
/// Not safe for concurrent use.
/// </summary>
public sealed class ReplayLog
{
    private readonly TargetPolicy[] _targets;
    private readonly ChoiceRule[] _rules;
    private readonly ReplayOptions _options;
    private readonly LogLineParser _parser = new();
    private readonly LogLine _line = new();
    private readonly Dictionary<UInt128, int> _requests = [];
    private readonly Dictionary<UInt128, int> _users = [];
    private readonly HashSet<ulong> _events = [];
    private readonly List<WaitingEvent> _waiting = [];
    private readonly List<Taken> _decisions = [];
    private readonly HashSet<ChoiceSettings> _logged = [];
    private double[] _probabilities = new double[64];
    private readonly double[] _mass;
    private readonly bool[] _isThere = new bool[RewardCells.Count];

    /// <param name="targets">The policies that are asked about.</param>
    /// <param name="options">How.</param>
    public ReplayLog(IEnumerable<TargetPolicy> targets, ReplayOptions options)
    {
        _targets = [.. targets];
        _rules = [.. _targets.Select(target => target.Settings.ToRule())];
        _options = options;
        _mass = new double[RewardCells.Count * _targets.Length];
        Draws = new ReplayDraws(_targets.Length);
    }

    /// <summary>What was found so far.</summary>
    public LogCounts Counts { get; } = new();

    /// <summary>The policies that the log was made by.</summary>
    public IReadOnlyCollection<ChoiceSettings> Logged => _logged;

    /// <summary>Users that are one observation each; 0 where requests are.</summary>
    internal int Users => _users.Count;

    internal IReadOnlyList<TargetPolicy> Targets => _targets;

    internal ReplayOptions Options => _options;

    internal ReplayDraws Draws { get; }

    /// <summary>Takes in a line.</summary>
    /// <param name="line">Without its end.</param>
    /// <param name="isCutShort">Whether its end is missing.</param>
    public void Add(ReadOnlySpan<byte> line, bool isCutShort = false)
    {
        if (line.IsEmpty)
            return;
        Counts.Bytes += line.Length + (isCutShort ? 0 : 1);
        Counts.Lines++;
        // A line without its end may be whole all the same: the writer was stopped just there.
        if (!_parser.TryParse(line, _line))
        {
            if (isCutShort)
                Counts.CutShort++;
            else
                Counts.BadLines++;
        }
        else if (_line.IsEvent)
        {
            TakeEvent();
        }
        else
        {
            TakeDecision();
        }
    }

    /// <summary>Lets the events that wait have their decisions; to be called after the last line.</summary>
    public void Close()
    {
        foreach (WaitingEvent item in _waiting)
        {
            if (_requests.TryGetValue(item.Request, out int decision))
                Join(decision, item);
            else
                Counts.OrphanEvents++;
        }

        _waiting.Clear();
    }

    private void TakeDecision()
    {
        Counts.Decisions++;
        ref int latest = ref CollectionsMarshal.GetValueRefOrAddDefault(_requests, _line.Request, out bool isKnown);
        int before = isKnown ? latest : -1;
        for (int page = before; page >= 0; page = _decisions[page].Before)
        {
            if (_decisions[page].Page != _line.Page)
                continue;
            Counts.DuplicateDecisions++;
            return;
        }

        latest = _decisions.Count;

        int first = Draws.Count, cluster = -1;
        for (int i = 0; i < _line.Draws; i++)
        {
            LoggedDraw draw = _line.Draw(i);
            if (draw.Type != _options.Type)
                continue;
            if (cluster < 0)
                cluster = ClusterOf(_line.User);
            Take(draw, cluster);
        }

        if (Draws.Count == first)
            Counts.WithoutChance++;
        _decisions.Add(new Taken(_line.Time.UtcTicks, first, Draws.Count - first, _line.Page, before));
    }

    private void Take(LoggedDraw draw, int cluster)
    {
        _logged.Add(draw.Settings);
        ReadOnlySpan<PoolItem> pool = draw.Pool;
        ReadOnlySpan<double> logged = draw.Probabilities;
        if (_probabilities.Length < pool.Length)
            _probabilities = new double[2 * pool.Length];
        Array.Clear(_mass);
        Array.Clear(_isThere);
        for (int i = 0; i < pool.Length; i++)
            _isThere[RewardCells.Of(pool[i], draw.Rate)] = true;
        for (int t = 0; t < _targets.Length; t++)
        {
            ReadOnlySpan<double> wanted = logged;
            // Its own policy has weight 1, also where another processor rounded differently.
            if (_targets[t].Settings != draw.Settings)
            {
                Draws.IsLogged[t] = false;
                Span<double> probabilities = _probabilities.AsSpan(0, pool.Length);
                _rules[t].Weigh(pool, draw.Rate, probabilities);
                wanted = probabilities;
            }

            Draws.Weight[t].Add(wanted[draw.Chosen] / logged[draw.Chosen]);
            double[] wantedOf = Draws.Wanted[t], loggedOf = Draws.Logged[t];
            for (int i = 0; i < pool.Length; i++)
            {
                _mass[(t * RewardCells.Count) + RewardCells.Of(pool[i], draw.Rate)] += wanted[i];
                int weight = ReplayDraws.ClassOf(wanted[i], logged[i]);
                wantedOf[weight] += wanted[i];
                loggedOf[weight] += logged[i];
            }
        }

        for (int cell = 0; cell < RewardCells.Count; cell++)
        {
            if (!_isThere[cell])
                continue;
            Draws.Cells.Add((byte)cell);
            for (int t = 0; t < _targets.Length; t++)
                Draws.Mass[t].Add((float)_mass[(t * RewardCells.Count) + cell]);
        }

        Draws.Start.Add(Draws.Cells.Count);
        Draws.Decision.Add(_decisions.Count);
        Draws.Cluster.Add(cluster);
        Draws.Slot.Add(draw.Slot);
        Draws.Item.Add(draw.ChosenItem);
        Draws.Reward.Add(0);
        Draws.IsConfirmed.Add(false);
        Draws.Cell.Add((byte)RewardCells.Of(pool[draw.Chosen], draw.Rate));
    }

    private void TakeEvent()
    {
        Counts.Events++;
        var item = new WaitingEvent(_line.Request, _line.Event, _line.Item, _line.Time.UtcTicks, _line.Value, _line.Slot, _line.Type);
        if (_requests.TryGetValue(_line.Request, out int decision))
            Join(decision, item);
        else
            _waiting.Add(item);
    }

    private void Join(int decision, in WaitingEvent item)
    {
        int draw = -1;
        long time = 0;
        for (int page = decision; page >= 0; page = _decisions[page].Before)
        {
            Taken taken = _decisions[page];
            for (int i = taken.First; i < taken.First + taken.Count; i++)
            {
                bool isItem = Draws.Item[i] == item.Item, isSlot = Draws.Slot[i] == item.Slot;
                if (item.Slot > 0 && isItem != isSlot)
                {
                    Counts.MismatchedEvents++;
                    return;
                }

                if (isItem)
                    (draw, time) = (i, taken.Time);
            }
        }

        if (draw < 0)
        {
            Counts.OtherSlots++;
        }
        else if (item.Time < time - _options.ClockSlack.Ticks || item.Time - time > _options.Window.Ticks)
        {
            Counts.LateEvents++;
        }
        else if (!_events.Add(item.Event))
        {
            Counts.DuplicateEvents++;
        }
        else
        {
            Draws.IsConfirmed[draw] = true;
            Span<double> rewards = CollectionsMarshal.AsSpan(Draws.Reward);
            rewards[draw] = _options.Reward switch
            {
                RewardKind.Value => rewards[draw] + (item.Type == InteractionType.Purchase ? item.Value : 0),
                _ => item.Type == TypeOf(_options.Reward) ? 1 : rewards[draw],
            };
        }
    }

    private int ClusterOf(UInt128 user)
    {
        if (user == 0 || !_options.ByUser)
            return Draws.Clusters++;
        if (!_users.TryGetValue(user, out int cluster))
            _users.Add(user, cluster = Draws.Clusters++);
        return cluster;
    }

    private static InteractionType TypeOf(RewardKind reward) => reward switch
    {
        RewardKind.Cart => InteractionType.Cart,
        RewardKind.Purchase => InteractionType.Purchase,
        _ => InteractionType.Click,
    };

    /// <param name="Time">When it was answered.</param>
    /// <param name="First">Its first draw.</param>
    /// <param name="Count">How many there are.</param>
    /// <param name="Page">Which page it is.</param>
    /// <param name="Before">The decision of the same request that came before it; −1 for none.</param>
    private readonly record struct Taken(long Time, int First, int Count, int Page, int Before);

    private readonly record struct WaitingEvent(UInt128 Request, ulong Event, ulong Item, long Time, double Value, int Slot, InteractionType Type);
}
