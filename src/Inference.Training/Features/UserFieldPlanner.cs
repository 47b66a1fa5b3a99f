using System.Globalization;
using Inference.Recommendations.Features;
using Inference.Towers.Encoders;
using Inference.Training.Data;

namespace Inference.Training.Features;

/// <summary>Decides which columns of users become context fields, and how values become codes; looks at training users only.</summary>
/// <param name="users">The table.</param>
/// <param name="trainingRows">Rows of the training users that it has.</param>
/// <param name="options">How.</param>
internal sealed class UserFieldPlanner(EntityTable users, int[] trainingRows, FeatureOptions options)
{
    /// <summary>Share of different values from which a column names users instead of describing them.</summary>
    private const double NamesUsers = 0.95;

    public List<PlainFeature> Features { get; } = [];

    public List<ContextField> Fields { get; } = [];

    public List<EncoderSpec> Encoders { get; } = [];

    public List<FeatureDecision> Decisions { get; } = [];

    public void Plan()
    {
        foreach (EntityColumn column in users.Columns)
        {
            if (options.WithoutUserColumns.Contains(column.Name))
                LeaveOut(column, "left out as asked");
            else
                Plan(column);
        }
    }

    private void Plan(EntityColumn column)
    {
        int present = column.Count - column.MissingCount;
        bool namesUsers = present > 1 && column.DistinctCount >= NamesUsers * present;
        switch (column.Type)
        {
            case ColumnType.Empty:
                LeaveOut(column, "empty");
                break;
            case ColumnType.Category or ColumnType.Integer when namesUsers:
                LeaveOut(column, "left out: nearly every user has another one");
                break;
            case ColumnType.Category:
                AddVocabulary(column, PlainFeature.Text(column), "category");
                break;
            case ColumnType.Integer when column.DistinctCount <= options.MostDistinctIntegers:
                AddVocabulary(column, PlainFeature.Integer(column), "number as category");
                break;
            case ColumnType.Integer:
                AddBuckets(column, PlainFeature.Integer(column), options.MostBuckets, "number");
                break;
            case ColumnType.Real:
                AddBuckets(column, PlainFeature.Number(column), options.MostBuckets, "number");
                break;
            case ColumnType.Timestamp:
                AddBuckets(column, PlainFeature.Hour(column), options.MostDayParts, "hour");
                AddVocabulary(column, PlainFeature.Weekday(column), "weekday");
                break;
            default:
                LeaveOut(column, $"left out: {column.Type} is no context of users");
                break;
        }
    }

    private void AddVocabulary(EntityColumn column, PlainFeature feature, string what)
    {
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        bool numbers = false;
        int present = 0;
        foreach (int row in trainingRows)
        {
            if (!feature.TryGet(row, out FeatureValue value))
                continue;
            numbers = value.Kind == FeatureKind.Integer;
            string category = value.AsCategory()!;
            counts[category] = counts.GetValueOrDefault(category) + 1;
            present++;
        }

        IEnumerable<string> kept = counts.Where(pair => pair.Value >= options.FewestUsersPerValue)
            .OrderByDescending(pair => pair.Value).ThenBy(pair => pair.Key, StringComparer.Ordinal).Take(options.MostUserValues).Select(pair => pair.Key);
        string[] values = numbers ? [.. kept.OrderBy(text => long.Parse(text, CultureInfo.InvariantCulture))] : [.. kept];
        if (values.Length == 0)
        {
            LeaveOut(column, $"{feature.Name} left out: no value has {options.FewestUsersPerValue} training users");
            return;
        }

        // One value for all tells nothing; one value and rare others or none does.
        if (values.Length == 1 && present == trainingRows.Length && counts.Count == 1)
        {
            LeaveOut(column, $"{feature.Name} left out: all training users have the same");
            return;
        }

        Add(
            column,
            feature,
            new ContextField(feature.Name, values),
            new VocabularySpec { Feature = feature.Name, Values = values, FirstId = 1, Unknown = 0, Missing = 0 },
            $"{what} {feature.Name}, {values.Length} of {counts.Count} values");
    }

    private void AddBuckets(EntityColumn column, PlainFeature feature, int most, string what)
    {
        var numbers = new List<double>(trainingRows.Length);
        foreach (int row in trainingRows)
        {
            if (feature.TryGet(row, out FeatureValue value))
                numbers.Add(value.Kind == FeatureKind.Integer ? value.Integer : value.Number);
        }

        double[] boundaries = QuantileBuckets.Boundaries([.. numbers], most, options.FewestUsersPerValue);
        if (boundaries.Length == 0)
        {
            LeaveOut(column, $"{feature.Name} left out: training users do not differ enough");
            return;
        }

        Add(
            column,
            feature,
            new ContextField(feature.Name, QuantileBuckets.Names(boundaries)),
            new BucketsSpec { Feature = feature.Name, Boundaries = boundaries, FirstId = 1, Missing = 0 },
            $"{what} {feature.Name} in {boundaries.Length + 1} buckets");
    }

    private void Add(EntityColumn column, PlainFeature feature, ContextField field, EncoderSpec encoder, string what)
    {
        // The hour of 'visit' is 'visit_hour', which another column may be called.
        if (Features.Exists(other => other.Name == feature.Name))
        {
            LeaveOut(column, $"{feature.Name} left out: another column has become a feature of this name");
            return;
        }

        Features.Add(feature);
        Fields.Add(field);
        Encoders.Add(encoder);
        Decisions.Add(new FeatureDecision("users", column.Name, true, what));
    }

    private void LeaveOut(EntityColumn column, string why) => Decisions.Add(new FeatureDecision("users", column.Name, false, why));
}
