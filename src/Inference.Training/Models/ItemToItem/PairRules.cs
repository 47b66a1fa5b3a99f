using Inference.Training.Linear;

namespace Inference.Training.Models;

/// <summary>What a rule adds to the score of the item that it suggests.</summary>
public enum PairRuleMode
{
    /// <summary>The sum of confidences.</summary>
    SumConfidence,

    /// <summary>The highest confidence.</summary>
    MaxConfidence,

    /// <summary>The sum of confidence · ln lift, over rules with a lift above 1.</summary>
    ConfidenceLift,

    /// <summary>The sum of ln lift, over rules with a lift above 1.</summary>
    SumLogLift,
}

/// <summary>How <see cref="PairRules"/> is fitted.</summary>
/// <param name="MinimumSupport">Users that a rule must rest on, at least 1.</param>
/// <param name="Mode">What a rule adds.</param>
public sealed record PairRulesOptions(int MinimumSupport = 3, PairRuleMode Mode = PairRuleMode.SumConfidence);

/// <summary>Association rules between two items (Agrawal et al., "Mining association rules between sets of items in large databases", 1993), mined from users' sets.</summary>
public sealed class PairRules : ItemItemModel
{
    private readonly SparseGram _gram;
    private readonly PairRulesOptions _options;

    private PairRules(ItemItemMatrix weights, SparseGram gram, PairRulesOptions options)
        : base(weights)
    {
        _gram = gram;
        _options = options;
    }

    public override string Name => "rules";

    public static PairRules Fit(SparseGram gram, PairRulesOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MinimumSupport, 1);
        var rows = new (int[] Columns, float[] Values)[gram.Items];
        Parallel.For(0, gram.Items, item => rows[item] = Row(gram, item, options));
        return new PairRules(ItemItemMatrix.Of(SparseRows.Join(rows)), gram, options);
    }

    /// <summary>The rules from an item, strongest confidence first: what explanations name.</summary>
    /// <param name="item">The item that is known.</param>
    /// <param name="limit">Most rules.</param>
    public IReadOnlyList<PairRule> From(int item, int limit = int.MaxValue)
    {
        var rules = new List<PairRule>();
        ReadOnlySpan<int> others = _gram.Pairs.ColumnsOf(item);
        for (int i = 0; i < others.Length; i++)
        {
            if (_gram.Pairs.ValuesOf(item)[i] >= _options.MinimumSupport)
                rules.Add(Rule(_gram, item, others[i], _gram.Pairs.ValuesOf(item)[i]));
        }

        rules.Sort(static (x, y) => x.Confidence != y.Confidence ? y.Confidence.CompareTo(x.Confidence) : x.To.CompareTo(y.To));
        return rules.Count <= limit ? rules : rules.GetRange(0, limit);
    }

    public override void Score(in RankingInput user, Span<double> scores)
    {
        if (_options.Mode != PairRuleMode.MaxConfidence)
        {
            base.Score(user, scores);
            return;
        }

        scores.Clear();
        foreach (int item in user.History.Span)
            Weights.RaiseToRow(item, scores);
    }

    private static PairRule Rule(SparseGram gram, int from, int to, float support)
    {
        double confidence = support / (double)Math.Max(gram.Counts[from], 1);
        return new PairRule(from, to, (int)support, confidence, confidence * gram.Users / Math.Max(gram.Counts[to], 1));
    }

    private static (int[] Columns, float[] Values) Row(SparseGram gram, int item, PairRulesOptions options)
    {
        ReadOnlySpan<int> others = gram.Pairs.ColumnsOf(item);
        ReadOnlySpan<float> pairs = gram.Pairs.ValuesOf(item);
        var columns = new List<int>();
        var values = new List<float>();
        for (int i = 0; i < others.Length; i++)
        {
            if (pairs[i] < options.MinimumSupport)
                continue;
            double weight = Weight(Rule(gram, item, others[i], pairs[i]), options.Mode);
            if (weight <= 0)
                continue;
            columns.Add(others[i]);
            values.Add((float)weight);
        }

        return ([.. columns], [.. values]);
    }

    private static double Weight(PairRule rule, PairRuleMode mode) => mode switch
    {
        PairRuleMode.SumLogLift => Math.Log(Math.Max(rule.Lift, 1)),
        PairRuleMode.ConfidenceLift => rule.Confidence * Math.Log(Math.Max(rule.Lift, 1)),
        _ => rule.Confidence,
    };
}
