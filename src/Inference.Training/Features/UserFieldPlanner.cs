using System.Globalization;
using Inference.Recommendations.Features;
using Inference.Towers.Encoders;
using Inference.Training.Data;

namespace Inference.Training.Features;

/// <summary>Decides which columns of users become context fields, and how values become codes; looks at training users only.</summary>
/// <param name="users">The table.</param>
/// <param name="trainingRows">Rows of the training users that it has.</param>
/// <param name="options">How.</param>
internal sealed class UserFieldPlanner(EntityTable users, int[] trainingRows, FeatureOptions options) : ColumnPlanner("users", users, trainingRows)
{
    public List<ContextField> Fields { get; } = [];

    public List<EncoderSpec> Encoders { get; } = [];

    protected override string? WhyNot(EntityColumn column) => options.WithoutUserColumns.Contains(column.Name) ? "left out as asked" : null;

    protected override void Plan(EntityColumn column)
    {
        switch (column.Type)
        {
            case ColumnType.Category or ColumnType.Integer when Names(column):
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
        foreach (int row in TrainingRows)
        {
            if (!feature.TryGet(row, out FeatureValue value))
                continue;
            numbers = value.Kind == FeatureKind.Integer;
            string category = value.AsCategory()!;
            counts[category] = counts.GetValueOrDefault(category) + 1;
            present++;
        }

        IEnumerable<string> kept = Frequent(counts, options.FewestUsersPerValue, options.MostUserValues);
        string[] values = numbers ? [.. kept.OrderBy(text => long.Parse(text, CultureInfo.InvariantCulture))] : [.. kept];
        if (values.Length == 0)
        {
            LeaveOut(column, $"{feature.Name} left out: no value has {options.FewestUsersPerValue} training users");
            return;
        }

        // One value for all tells nothing; one value and rare others or none does.
        if (values.Length == 1 && present == TrainingRows.Length && counts.Count == 1)
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
        double[] boundaries = QuantileBuckets.Boundaries(NumbersOf(feature), most, options.FewestUsersPerValue);
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

        Fields.Add(field);
        Encoders.Add(encoder);
        Use(column, feature, what);
    }
}
