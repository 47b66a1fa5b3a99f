using Inference.Recommendations.Features;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Snapshots;

namespace Inference.Towers.Encoders;

/// <summary>What encoders read to fill one row of a batch: a user, an item, or a pair of both.</summary>
internal readonly ref struct TowerRow
{
    /// <param name="features">Features of the user or the item.</param>
    /// <param name="history">Rows of the catalogue, latest last, already trimmed to what the tower takes; empty for items.</param>
    /// <param name="itemId">Id of the item; null for users.</param>
    public TowerRow(FeatureSet features, ReadOnlySpan<int> history, string? itemId)
    {
        Features = new RowFeatures(features);
        History = history;
        ItemId = itemId;
    }

    /// <summary>A user and one of the candidates that are ranked for him.</summary>
    /// <param name="input">The user and the candidates.</param>
    /// <param name="history">His history, trimmed.</param>
    /// <param name="items">The catalogue.</param>
    /// <param name="candidate">Which of the candidates.</param>
    public TowerRow(RankInput input, ReadOnlySpan<int> history, ItemCatalogue items, int candidate)
    {
        Features = new RowFeatures(input.Features);
        History = history;
        Items = items;
        ItemRow = input.Rows.Span[candidate];
        Cross = input.Cross.Span.Slice(candidate * CrossFeatures.Count, CrossFeatures.Count);
        Now = input.Now;
        User = input;
    }

    private TowerRow(ItemCatalogue items, int row, double now)
    {
        Features = new RowFeatures(items, row);
        Items = items;
        ItemRow = row;
        Now = now;
    }

    public readonly RowFeatures Features;
    public readonly ReadOnlySpan<int> History;
    public readonly string? ItemId;

    /// <summary>The catalogue that <see cref="ItemRow"/> is of; null but for pairs and their items.</summary>
    public readonly ItemCatalogue? Items;

    /// <summary>Row of the item, where there is a catalogue.</summary>
    public readonly int ItemRow;

    /// <summary>By <see cref="CrossFeature"/>; NaN where a number is not known, empty but for pairs.</summary>
    public readonly ReadOnlySpan<float> Cross;

    /// <summary>When the question was asked, in seconds since 1970; of pairs.</summary>
    public readonly double Now;

    /// <summary>What all rows of the same user in a batch share; null but for pairs.</summary>
    public readonly object? User;

    /// <summary>The item of a pair alone.</summary>
    public TowerRow Item() => new(Items!, ItemRow, Now);
}

/// <summary>The features of a row: given ones, or those of an item of the catalogue, read from its bytes when they are asked for.</summary>
internal readonly struct RowFeatures
{
    private readonly FeatureSet _given;
    private readonly ItemCatalogue? _items;
    private readonly int _row;

    public RowFeatures(FeatureSet given) => _given = given;

    /// <param name="items">The catalogue.</param>
    /// <param name="row">Row of the item, whose features go before its attributes.</param>
    public RowFeatures(ItemCatalogue items, int row) => (_items, _row) = (items, row);

    public bool TryGet(string name, out FeatureValue value) =>
        _items is null ? _given.TryGet(name, out value) : _items.TryGetFeature(_row, name, out value) || _items.TryGetAttribute(_row, name, out value);
}
