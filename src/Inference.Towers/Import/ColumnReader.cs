using System.Globalization;
using Inference.Recommendations.Features;

namespace Inference.Towers.Import;

/// <summary>Reads features from the columns of a table.</summary>
internal sealed class ColumnReader
{
    private readonly CsvReader _table;
    private readonly (ImportColumn Column, int Place)[] _columns;

    public ColumnReader(CsvReader table, IReadOnlyList<ImportColumn>? columns)
    {
        _table = table;
        _columns = [.. (columns ?? []).Select(column => (column, table.Require(column.Column)))];
    }

    /// <summary>The features of the current line; empty fields are missing features.</summary>
    /// <exception cref="InvalidDataException">A field is not of its kind.</exception>
    public Dictionary<string, FeatureValue> Read()
    {
        var features = new Dictionary<string, FeatureValue>(_columns.Length, StringComparer.Ordinal);
        foreach ((ImportColumn column, int place) in _columns)
        {
            string text = _table[place];
            if (text.Length == 0)
                continue;
            try
            {
                features[column.Feature] = Parse(text, column.Kind);
            }
            catch (Exception e) when (e is FormatException or OverflowException or ArgumentException)
            {
                throw _table.Invalid($"column '{column.Column}' has '{text}', which is no {column.Kind}.");
            }
        }

        return features;
    }

    private static FeatureValue Parse(string text, string kind) => kind switch
    {
        "text" => FeatureValue.Of(text),
        "integer" => FeatureValue.Of(Whole(text)),
        "number" => FeatureValue.Of(Real(text)),
        "text_list" => FeatureValue.Of(text.Split('|')),
        "integer_list" => FeatureValue.Of(Array.ConvertAll(text.Split('|'), Whole)),
        "number_list" => FeatureValue.Of(Array.ConvertAll(text.Split('|'), Real)),
        "time" => FeatureValue.Of(DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal).ToUnixTimeSeconds()),
        "hour" => FeatureValue.Of((long)DateTimeOffset.FromUnixTimeSeconds(Whole(text)).Hour),
        // .NET weeks begin on Sunday.
        "weekday" => FeatureValue.Of(((long)DateTimeOffset.FromUnixTimeSeconds(Whole(text)).DayOfWeek + 6) % 7),
        _ => throw new InvalidDataException($"'kind' is '{kind}'; it can be text, integer, number, text_list, integer_list, number_list, time, hour or weekday."),
    };

    private static long Whole(string text) => long.Parse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);

    private static double Real(string text) => double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture);
}
