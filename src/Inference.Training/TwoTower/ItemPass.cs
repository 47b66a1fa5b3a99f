namespace Inference.Training.TwoTower;

/// <summary>The item tower over a list of items, forwards and backwards; see <see cref="TowerWeights"/> for the formula. Holds what the way back needs.</summary>
internal sealed class ItemPass
{
    private readonly TowerWeights _weights;
    private readonly ContentMatrix _content;
    private readonly Lanes _lanes;
    private readonly int _d;
    private readonly int _hidden;
    private readonly float[] _inputs;
    private readonly float[] _units;
    private readonly float[] _unitChange;
    private readonly float[] _inputChange;
    private readonly float[] _turned;
    private ReadOnlyMemory<int> _items;
    private ReadOnlyMemory<byte> _keepIds;

    /// <param name="weights">Read at each pass.</param>
    /// <param name="content">Of all items.</param>
    /// <param name="capacity">Most items of a pass.</param>
    /// <param name="lanes">The threads.</param>
    public ItemPass(TowerWeights weights, ContentMatrix content, int capacity, Lanes lanes)
    {
        _weights = weights;
        _content = content;
        _lanes = lanes;
        _d = weights.Sizes.Dimension;
        _hidden = weights.Sizes.Hidden;
        _inputs = new float[capacity * 2 * _d];
        _units = new float[capacity * _hidden];
        _unitChange = new float[capacity * _hidden];
        _inputChange = new float[capacity * 2 * _d];
        _turned = new float[Math.Max(2 * _d, _hidden) * Math.Max(2 * _d, _hidden)];
        Vectors = new float[capacity * _d];
    }

    /// <summary>items × dimension, after <see cref="Forward"/>.</summary>
    public float[] Vectors { get; }

    /// <param name="items">Which items; not changed before the way back is done.</param>
    /// <param name="keepIds">Per place, 0 where the item is to be taken for a new one (id dropout); empty for all kept.</param>
    public void Forward(ReadOnlyMemory<int> items, ReadOnlyMemory<byte> keepIds)
    {
        _items = items;
        _keepIds = keepIds;
        TowerWeights w = _weights;
        float[] values = w.Values;
        _content.Multiply(items, w.ItemContent.In(values), _inputs, 2 * _d, _lanes);
        EachBlock(items.Length, (first, end) =>
        {
            for (int row = first; row < end; row++)
            {
                Span<float> input = _inputs.AsSpan(row * 2 * _d, 2 * _d), vector = Vectors.AsSpan(row * _d, _d);
                Span<float> id = input[_d..];
                if (IdRow(row) is var place && place > 0)
                    w.ItemId.Row(values, place).CopyTo(id);
                else
                    id.Clear();
                input[.._d].CopyTo(vector);
                FloatVectors.Add(id, vector);
                FloatVectors.Add(w.ItemBias.Of(values), vector);
            }
        });
        FloatView inputs = FloatView.RowMajor(_inputs, 2 * _d), units = FloatView.RowMajor(_units, _hidden);
        FloatProduct.Multiply(inputs, w.ItemHidden.In(values), units, items.Length, 2 * _d, _hidden, add: false, _lanes);
        EachBlock(items.Length, (first, end) =>
        {
            Span<float> block = _units.AsSpan(first * _hidden, (end - first) * _hidden);
            FloatVectors.AddRow(block, w.ItemHiddenBias.Of(values));
            FloatVectors.Relu(block);
        });
        FloatProduct.Multiply(units, w.ItemOut.In(values), FloatView.RowMajor(Vectors, _d), items.Length, _hidden, _d, add: true, _lanes);
    }

    /// <summary>Adds to the gradient of the weights.</summary>
    /// <param name="change">Gradient by <see cref="Vectors"/>.</param>
    /// <param name="gradient">In the layout of the weights.</param>
    public void Backward(float[] change, float[] gradient)
    {
        TowerWeights w = _weights;
        int count = _items.Length;
        FloatView changes = FloatView.RowMajor(change, _d), units = FloatView.RowMajor(_units, _hidden), unitChange = FloatView.RowMajor(_unitChange, _hidden);
        FloatProduct.Multiply(units.Transposed, changes, w.ItemOut.In(gradient), _hidden, count, _d, add: true, _lanes);
        FloatProduct.Transpose(w.ItemOut.Of(w.Values), _hidden, _d, _turned, _hidden);
        FloatProduct.Multiply(changes, FloatView.RowMajor(_turned, _hidden), unitChange, count, _d, _hidden, add: false, _lanes);
        EachBlock(count, (first, end) => FloatVectors.ReluBackward(_units.AsSpan(first * _hidden, (end - first) * _hidden), _unitChange.AsSpan(first * _hidden, (end - first) * _hidden)));
        FloatVectors.SumRows(_unitChange.AsSpan(0, count * _hidden), w.ItemHiddenBias.Of(gradient));
        FloatVectors.SumRows(change.AsSpan(0, count * _d), w.ItemBias.Of(gradient));
        FloatProduct.Multiply(FloatView.RowMajor(_inputs, 2 * _d).Transposed, unitChange, w.ItemHidden.In(gradient), 2 * _d, count, _hidden, add: true, _lanes);
        FloatProduct.Transpose(w.ItemHidden.Of(w.Values), 2 * _d, _hidden, _turned, 2 * _d);
        FloatProduct.Multiply(unitChange, FloatView.RowMajor(_turned, 2 * _d), FloatView.RowMajor(_inputChange, 2 * _d), count, _hidden, 2 * _d, add: false, _lanes);
        EachBlock(count, (first, end) =>
        {
            // An item stands in the list once, so threads write to different rows.
            for (int row = first; row < end; row++)
            {
                ReadOnlySpan<float> own = change.AsSpan(row * _d, _d);
                Span<float> input = _inputChange.AsSpan(row * 2 * _d, 2 * _d);
                FloatVectors.Add(own, input[.._d]);
                if (IdRow(row) is var place && place > 0)
                {
                    Span<float> id = w.ItemId.Row(gradient, place);
                    FloatVectors.Add(own, id);
                    FloatVectors.Add(input[_d..], id);
                }
            }
        });
        _content.AddTransposed(_items, _inputChange, 2 * _d, w.ItemContent.In(gradient), _lanes);
    }

    /// <summary>Row of the id table; 0 for an item that has none, or whose id is dropped.</summary>
    private int IdRow(int row)
    {
        int item = _items.Span[row];
        return item < _weights.Sizes.TrainingItems && (_keepIds.IsEmpty || _keepIds.Span[row] != 0) ? item + 1 : 0;
    }

    private void EachBlock(int count, Action<int, int> block)
    {
        const int PerTask = 256;
        _lanes.Run((count + PerTask - 1) / PerTask, task => block(task * PerTask, Math.Min(count, (task + 1) * PerTask)));
    }
}
