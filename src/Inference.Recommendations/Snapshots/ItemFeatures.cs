using System.Collections;
using System.Diagnostics.CodeAnalysis;
using Inference.Recommendations.Features;

namespace Inference.Recommendations.Snapshots;

/// <summary>The features of one item at a time, read from its bytes when they are asked for, for whoever reads many rows one after the other. Used by one thread at a time.</summary>
public sealed class ItemFeatures
{
    private readonly Row _row;

    internal ItemFeatures(ItemContents contents) => _row = new Row(contents);

    /// <summary>The features of a row, until the next call.</summary>
    public IReadOnlyDictionary<string, FeatureValue> At(int row)
    {
        _row.Number = row;
        return _row;
    }

    private sealed class Row(ItemContents contents) : IReadOnlyDictionary<string, FeatureValue>
    {
        public int Number { get; set; }

        public int Count => All.Count;

        public IEnumerable<string> Keys => All.Keys;

        public IEnumerable<FeatureValue> Values => All.Values;

        public FeatureValue this[string key] => TryGetValue(key, out FeatureValue value) ? value : throw new KeyNotFoundException($"The item has no feature '{key}'.");

        private IReadOnlyDictionary<string, FeatureValue> All => contents[Number].Features;

        public bool ContainsKey(string key) => TryGetValue(key, out _);

        public bool TryGetValue(string key, [MaybeNullWhen(false)] out FeatureValue value) => contents.TryGetFeature(Number, key, out value);

        public IEnumerator<KeyValuePair<string, FeatureValue>> GetEnumerator() => All.GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
