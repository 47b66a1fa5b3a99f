using Inference.Recommendations.Features;
using Inference.Training.Data;

namespace Inference.Training.Features;

/// <summary>A feature as requests and files of a bundle send it: one value per distinct text of a column.</summary>
internal sealed class PlainFeature
{
    private readonly EntityColumn _column;
    private readonly FeatureValue[] _values;

    private PlainFeature(string name, EntityColumn column, Func<int, FeatureValue> valueOf)
    {
        Name = name;
        _column = column;
        _values = new FeatureValue[column.DistinctCount];
        for (int code = 0; code < _values.Length; code++)
            _values[code] = valueOf(code);
    }

    public string Name { get; }

    public static PlainFeature Text(EntityColumn column) => new(column.Name, column, code => FeatureValue.Of(column.TextOf(code)));

    public static PlainFeature Integer(EntityColumn column) => new(column.Name, column, code => FeatureValue.Of(column.IntegerOf(code)));

    public static PlainFeature Number(EntityColumn column) => new(column.Name, column, code => FeatureValue.Of(column.NumberOf(code)));

    public static PlainFeature List(EntityColumn column) => new(column.Name, column, code => FeatureValue.Of(column.ListOf(code)));

    /// <summary>The hour of a time, 0 to 23.</summary>
    public static PlainFeature Hour(EntityColumn column) => new($"{column.Name}_hour", column, code => FeatureValue.Of(FloorModulo(FloorDivide(column.MillisecondsOf(code), 3_600_000), 24)));

    /// <summary>The weekday of a time, 0 (Monday) to 6. The first of January 1970 was a Thursday.</summary>
    public static PlainFeature Weekday(EntityColumn column) => new($"{column.Name}_weekday", column, code => FeatureValue.Of(FloorModulo(FloorDivide(column.MillisecondsOf(code), 86_400_000) + 3, 7)));

    /// <summary>The value of a row; false where the column has none.</summary>
    public bool TryGet(int row, out FeatureValue value)
    {
        int code = row < 0 ? EntityColumn.Missing : _column.Codes[row];
        value = code == EntityColumn.Missing ? default : _values[code];
        return value.Kind != FeatureKind.None;
    }

    /// <summary>The values of a row by name.</summary>
    public static Dictionary<string, FeatureValue> Read(IReadOnlyList<PlainFeature> features, int row)
    {
        var values = new Dictionary<string, FeatureValue>(features.Count, StringComparer.Ordinal);
        foreach (PlainFeature feature in features)
        {
            if (feature.TryGet(row, out FeatureValue value))
                values[feature.Name] = value;
        }

        return values;
    }

    private static long FloorDivide(long number, long divisor) => number / divisor - (number % divisor < 0 ? 1 : 0);

    private static long FloorModulo(long number, long divisor) => (number % divisor + divisor) % divisor;
}
