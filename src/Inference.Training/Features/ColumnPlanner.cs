using Inference.Recommendations.Features;
using Inference.Training.Data;

namespace Inference.Training.Features;

/// <summary>Decides what becomes of the columns of a table, by the rows that training knows.</summary>
/// <param name="name">"users" or "items".</param>
/// <param name="table">The table.</param>
/// <param name="trainingRows">Its rows that training knows.</param>
internal abstract class ColumnPlanner(string name, EntityTable table, int[] trainingRows)
{
    /// <summary>Share of different values from which a column names its rows instead of describing them.</summary>
    private const double NamesRows = 0.95;

    /// <summary>Every feature that is used, in the order of the columns.</summary>
    public List<PlainFeature> Features { get; } = [];

    public List<FeatureDecision> Decisions { get; } = [];

    protected ReadOnlySpan<int> TrainingRows => trainingRows;

    public void Plan()
    {
        foreach (EntityColumn column in table.Columns)
        {
            if (WhyNot(column) is { } reason)
                LeaveOut(column, reason);
            else if (column.Type == ColumnType.Empty)
                LeaveOut(column, "empty");
            else
                Plan(column);
        }
    }

    /// <summary>Why a column is not to be looked at; null when it is.</summary>
    protected abstract string? WhyNot(EntityColumn column);

    /// <summary>Decides on a column that is not empty.</summary>
    protected abstract void Plan(EntityColumn column);

    /// <summary>Whether nearly every row has a value of its own.</summary>
    protected static bool Names(EntityColumn column)
    {
        int present = column.Count - column.MissingCount;
        return present > 1 && column.DistinctCount >= NamesRows * present;
    }

    /// <summary>The numbers of the training rows that have one.</summary>
    protected double[] NumbersOf(PlainFeature feature)
    {
        var numbers = new List<double>(trainingRows.Length);
        foreach (int row in trainingRows)
        {
            if (feature.TryGet(row, out FeatureValue value))
                numbers.Add(value.Kind == FeatureKind.Integer ? value.Integer : value.Number);
        }

        return [.. numbers];
    }

    /// <summary>The most frequent values, the most frequent first.</summary>
    /// <param name="counts">Training rows by value.</param>
    /// <param name="fewest">Rows that a value needs.</param>
    /// <param name="most">Values at most.</param>
    protected static IEnumerable<string> Frequent(Dictionary<string, int> counts, int fewest, int most) =>
        counts.Where(pair => pair.Value >= fewest).OrderByDescending(pair => pair.Value).ThenBy(pair => pair.Key, StringComparer.Ordinal).Take(most).Select(pair => pair.Key);

    protected void Use(EntityColumn column, PlainFeature feature, string what)
    {
        Features.Add(feature);
        Decisions.Add(new FeatureDecision(name, column.Name, true, what));
    }

    protected void LeaveOut(EntityColumn column, string why) => Decisions.Add(new FeatureDecision(name, column.Name, false, why));
}
