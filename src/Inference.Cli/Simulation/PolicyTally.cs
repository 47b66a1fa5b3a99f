using Recsys.V1;

namespace Inference.Cli.Simulation;

/// <summary>What became of one policy.</summary>
internal sealed class PolicyTally
{
    private readonly double[] _clicks;
    private readonly double[] _expected;
    private readonly Dictionary<string, (int Shown, int Clicked)> _newItems = new(StringComparer.Ordinal);
    private double _propensities;

    public PolicyTally(string name, int sessions, int pages) => (Name, Sessions, Pages, _clicks, _expected) = (name, sessions, pages, new double[sessions * pages], new double[sessions * pages]);

    public string Name { get; }

    public int Sessions { get; }

    public int Pages { get; }

    /// <summary>Answers that were less than they could have been.</summary>
    public int Degraded { get; private set; }

    /// <summary>Pages without an item.</summary>
    public int Empty { get; set; }

    /// <summary>Slots by how they were filled.</summary>
    public SortedDictionary<string, int> Slots { get; } = new(StringComparer.Ordinal);

    /// <summary>Slots that chance filled: of the policy, and for new items.</summary>
    public int Drawn { get; private set; }

    /// <summary>Mean propensity of what chance put there; NaN where it put nothing.</summary>
    public double MeanPropensity => Drawn == 0 ? double.NaN : _propensities / Drawn;

    /// <summary>Lowest propensity; 1 where chance decided nothing.</summary>
    public double LeastPropensity { get; private set; } = 1;

    /// <summary>New items that were shown at least once.</summary>
    public int NewItemsShown => _newItems.Count;

    /// <summary>Impressions of new items.</summary>
    public int NewItemImpressions => _newItems.Values.Sum(one => one.Shown);

    /// <summary>Clicks on new items.</summary>
    public int NewItemClicks => _newItems.Values.Sum(one => one.Clicked);

    public void Answered(RecommendResponse answer)
    {
        Degraded += answer.Degraded.Count > 0 ? 1 : 0;
        Empty += answer.Items.Count == 0 ? 1 : 0;
        foreach (RecommendedItem item in answer.Items)
        {
            string type = item.SlotType.ToString().ToLowerInvariant();
            Slots[type] = Slots.GetValueOrDefault(type) + 1;
            if (item.SlotType is not (SlotType.Explore or SlotType.NewItem))
                continue;
            Drawn++;
            _propensities += item.Propensity;
            LeastPropensity = Math.Min(LeastPropensity, item.Propensity);
        }
    }

    /// <param name="session">Which session.</param>
    /// <param name="page">Which page, from 0.</param>
    /// <param name="probability">With which probability the slot is clicked.</param>
    /// <param name="isClicked">Whether it was.</param>
    public void Shown(int session, int page, double probability, bool isClicked)
    {
        _clicks[(session * Pages) + page] += isClicked ? 1 : 0;
        _expected[(session * Pages) + page] += probability;
    }

    public void NewItem(string id, bool isClicked)
    {
        (int shown, int clicked) = _newItems.GetValueOrDefault(id);
        _newItems[id] = (shown + 1, clicked + (isClicked ? 1 : 0));
    }

    /// <summary>Mean clicks of a session on a page.</summary>
    public double ClicksOn(int page) => MeanOf(_clicks, page);

    /// <summary>What they are expected to be, given what was shown.</summary>
    public double ExpectedOn(int page) => MeanOf(_expected, page);

    /// <summary>Mean clicks of a session.</summary>
    public double Clicks => Enumerable.Range(0, Pages).Sum(ClicksOn);

    /// <summary>Expected clicks of a session.</summary>
    public double Expected => Enumerable.Range(0, Pages).Sum(ExpectedOn);

    /// <summary>Expected clicks by session.</summary>
    public double[] ExpectedBySession() => [.. Enumerable.Range(0, Sessions).Select(session => _expected.AsSpan(session * Pages, Pages).ToArray().Sum())];

    /// <summary>Clicks by session.</summary>
    public double[] ClicksBySession() => [.. Enumerable.Range(0, Sessions).Select(session => _clicks.AsSpan(session * Pages, Pages).ToArray().Sum())];

    private double MeanOf(double[] values, int page)
    {
        double sum = 0;
        for (int session = 0; session < Sessions; session++)
            sum += values[(session * Pages) + page];
        return sum / Sessions;
    }
}
