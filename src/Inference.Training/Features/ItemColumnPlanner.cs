using Inference.Recommendations.Features;
using Inference.Towers.Encoders;
using Inference.Training.Data;

namespace Inference.Training.Features;

/// <summary>Decides which columns of items become features, and how; looks at the training catalogue only.</summary>
/// <param name="items">The table.</param>
/// <param name="trainingRows">Rows of the training catalogue's items that it has.</param>
/// <param name="options">How.</param>
internal sealed class ItemColumnPlanner(EntityTable items, int[] trainingRows, FeatureOptions options) : ColumnPlanner("items", items, trainingRows)
{
    /// <summary>Share of the training items whose words are all seen by the item tower.</summary>
    private const double WholeTexts = 0.95;

    private static readonly string[] TimeNames = ["timestamp", "first_seen", "last_seen", "first_time", "last_time", "first_date", "last_date", "created", "updated"];

    /// <summary>Encoders of what has a fixed number of columns: categories and numbers.</summary>
    public List<EncoderSpec> Dense { get; } = [];

    /// <summary>What <see cref="Dense"/> reads, feature for feature.</summary>
    public List<PlainFeature> DenseFeatures { get; } = [];

    /// <summary>Texts, with the number of words that the tower sees.</summary>
    public List<(PlainFeature Feature, int Words)> Texts { get; } = [];

    protected override string? WhyNot(EntityColumn column)
    {
        if (options.WithoutItemColumns.Contains(column.Name))
            return "left out as asked";
        bool isTime = column.Type == ColumnType.Timestamp || TimeNames.Any(name => column.Name.Contains(name, StringComparison.OrdinalIgnoreCase));
        return isTime ? "left out: a time may tell of the future" : null;
    }

    protected override void Plan(EntityColumn column)
    {
        switch (column.Type)
        {
            case ColumnType.Category or ColumnType.Integer when Names(column):
                LeaveOut(column, "left out: nearly every item has another one");
                break;
            case ColumnType.Category:
                AddCategories(column, PlainFeature.Text(column));
                break;
            case ColumnType.CategoryList:
                AddCategories(column, PlainFeature.List(column));
                break;
            case ColumnType.Integer:
                AddBuckets(column, PlainFeature.Integer(column));
                break;
            case ColumnType.Real:
                AddBuckets(column, PlainFeature.Number(column));
                break;
            default:
                AddText(column);
                break;
        }
    }

    private void AddCategories(EntityColumn column, PlainFeature feature)
    {
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (int row in TrainingRows)
        {
            if (!feature.TryGet(row, out FeatureValue value))
                continue;
            IReadOnlyList<string> categories = value.Kind == FeatureKind.Text ? [value.Text] : value.TextList;
            foreach (string category in categories)
                counts[category] = counts.GetValueOrDefault(category) + 1;
        }

        string[] values = [.. Frequent(counts, options.FewestItemsPerValue, options.MostItemValues)];
        if (values.Length == 0)
        {
            LeaveOut(column, $"left out: no value has {options.FewestItemsPerValue} training items");
            return;
        }

        AddDense(column, feature, new MultiHotSpec { Feature = feature.Name, Values = values }, $"categories, {values.Length} of {counts.Count} values");
    }

    private void AddBuckets(EntityColumn column, PlainFeature feature)
    {
        double[] boundaries = QuantileBuckets.Boundaries(NumbersOf(feature), options.MostBuckets, options.FewestItemsPerValue);
        if (boundaries.Length == 0)
            LeaveOut(column, "left out: training items do not differ enough");
        else
            AddDense(column, feature, new BucketsSpec { Feature = feature.Name, Boundaries = boundaries, OneHot = true }, $"number in {boundaries.Length + 1} buckets");
    }

    private void AddText(EntityColumn column)
    {
        PlainFeature feature = PlainFeature.Text(column);
        var lengths = new List<int>(TrainingRows.Length);
        var words = new List<string>();
        foreach (int row in TrainingRows)
        {
            if (!feature.TryGet(row, out FeatureValue value))
                continue;
            words.Clear();
            Words.Split(value.Text, words);
            lengths.Add(words.Count);
        }

        if (lengths.Count == 0)
        {
            LeaveOut(column, "left out: no training item has one");
            return;
        }

        lengths.Sort();
        int length = Math.Clamp(lengths[Math.Min(lengths.Count - 1, (int)(lengths.Count * WholeTexts))], 1, options.MostWords);
        Texts.Add((feature, length));
        Use(column, feature, $"text, first {length} words");
    }

    private void AddDense(EntityColumn column, PlainFeature feature, EncoderSpec encoder, string what)
    {
        DenseFeatures.Add(feature);
        Dense.Add(encoder);
        Use(column, feature, what);
    }
}
