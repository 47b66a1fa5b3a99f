using Inference.Training.Chance;

namespace Inference.Training.TwoTower;

/// <summary>What the shape of the two towers depends on.</summary>
/// <param name="TrainingItems">Items with an id vector of their own; others live by their content.</param>
/// <param name="ContentColumns">Columns of <see cref="ContentMatrix"/>.</param>
/// <param name="ContextCodes">Codes per context field.</param>
/// <param name="Dimension">Length of embeddings, a multiple of 16.</param>
/// <param name="Hidden">Hidden units of each tower, a multiple of 16.</param>
/// <param name="MaxHistory">Most history items that the user tower reads.</param>
internal sealed record TowerSizes(int TrainingItems, int ContentColumns, IReadOnlyList<int> ContextCodes, int Dimension, int Hidden, int MaxHistory)
{
    /// <summary>Columns of the user tower's hidden layer's input: history, context, and three functions of the history's length, padded.</summary>
    public int UserInputs => 2 * Dimension + FloatProduct.ColumnUnit;

    /// <summary>Kinds of history lengths: none, 1, 2 to 3, 4 to 7 and so on.</summary>
    public int LengthBuckets => 1 + Bucket(MaxHistory);

    public static int Bucket(int length) => length == 0 ? 0 : 1 + System.Numerics.BitOperations.Log2((uint)length);

    /// <summary>Columns of the item tower's hidden layer's input: content and id.</summary>
    public int ItemInputs => 2 * Dimension;
}

/// <summary>A matrix of weights within <see cref="TowerWeights.Values"/>.</summary>
/// <param name="Name">Unique.</param>
/// <param name="Offset">Where it begins.</param>
/// <param name="Rows">Rows.</param>
/// <param name="Columns">Columns; row-major.</param>
internal sealed record Parameter(string Name, int Offset, int Rows, int Columns)
{
    public int Length => Rows * Columns;

    public FloatView In(float[] values) => FloatView.RowMajor(values, Columns, Offset);

    public Span<float> Of(float[] values) => values.AsSpan(Offset, Length);

    public Span<float> Row(float[] values, int row) => values.AsSpan(Offset + row * Columns, Columns);
}

/// <summary>
/// All weights of both towers in one array, so that the optimiser, averages, copies and files need not know the layers. A gradient is an array of the same layout.
/// <code>
/// item:  c = content · ItemContent,  e = ItemId[id] (0: unknown),  v = c + e + ItemBias + relu([c e] · ItemHidden + ItemHiddenBias) · ItemOut
/// user:  h(i) = content(i) · HistoryContent + HistoryId[i],  w(k) = exp(Position[k]), k counted from the end,
///        x = Σ w h ∕ √(Σ w² + 1),  f = Σ Context[field][code],
///        u = HistoryScale[n] x + ContextScale[n] f + UserBias[bucket n] + relu([x f functions of n] · UserHidden + UserHiddenBias) · UserOut
/// score: u · v
/// </code>
/// </summary>
internal sealed class TowerWeights
{
    private readonly List<Parameter> _parameters = [];
    private int _length;

    public TowerWeights(TowerSizes sizes)
    {
        Sizes = sizes;
        int d = sizes.Dimension;
        ItemId = Add("item_id", sizes.TrainingItems + 1, d);
        ItemContent = Add("item_content", sizes.ContentColumns, d);
        ItemBias = Add("item_bias", 1, d);
        ItemHidden = Add("item_hidden", sizes.ItemInputs, sizes.Hidden);
        ItemHiddenBias = Add("item_hidden_bias", 1, sizes.Hidden);
        ItemOut = Add("item_out", sizes.Hidden, d);
        HistoryId = Add("history_id", sizes.TrainingItems + 1, d);
        HistoryContent = Add("history_content", sizes.ContentColumns, d);
        Position = Add("position", 1, sizes.MaxHistory);
        HistoryScale = Add("history_scale", 1, sizes.MaxHistory + 1);
        ContextScale = Add("context_scale", 1, sizes.MaxHistory + 1);
        UserBias = Add("user_bias", sizes.LengthBuckets, d);
        UserHidden = Add("user_hidden", sizes.UserInputs, sizes.Hidden);
        UserHiddenBias = Add("user_hidden_bias", 1, sizes.Hidden);
        UserOut = Add("user_out", sizes.Hidden, d);
        var context = new Parameter[sizes.ContextCodes.Count];
        for (int field = 0; field < context.Length; field++)
            context[field] = Add("context_" + field.ToString(System.Globalization.CultureInfo.InvariantCulture), sizes.ContextCodes[field], d);
        Context = context;
        Values = new float[_length];
    }

    public TowerSizes Sizes { get; }

    /// <summary>Numbers that weights of these sizes take.</summary>
    public static long LengthOf(TowerSizes sizes)
    {
        long d = sizes.Dimension, tables = 2L * (sizes.TrainingItems + 1 + sizes.ContentColumns) * d;
        long layers = ((long)sizes.ItemInputs + sizes.UserInputs) * sizes.Hidden + 2L * sizes.Hidden * d + 2L * Padded(sizes.Hidden) + d + (long)sizes.LengthBuckets * d;
        long lengths = Padded(sizes.MaxHistory) + 2L * Padded(sizes.MaxHistory + 1);
        return tables + layers + lengths + sizes.ContextCodes.Sum(codes => codes * d);
    }

    public float[] Values { get; }

    public IReadOnlyList<Parameter> All => _parameters;

    /// <summary>Row 0 stands for an item without an id of its own and stays zero; item i has row i + 1.</summary>
    public Parameter ItemId { get; }

    public Parameter ItemContent { get; }

    public Parameter ItemBias { get; }

    public Parameter ItemHidden { get; }

    public Parameter ItemHiddenBias { get; }

    public Parameter ItemOut { get; }

    /// <summary>Rows as those of <see cref="ItemId"/>.</summary>
    public Parameter HistoryId { get; }

    public Parameter HistoryContent { get; }

    /// <summary>Logarithm of the weight of a history item by its place from the end.</summary>
    public Parameter Position { get; }

    /// <summary>By history length.</summary>
    public Parameter HistoryScale { get; }

    /// <summary>By history length.</summary>
    public Parameter ContextScale { get; }

    /// <summary>By <see cref="TowerSizes.Bucket"/>.</summary>
    public Parameter UserBias { get; }

    public Parameter UserHidden { get; }

    public Parameter UserHiddenBias { get; }

    public Parameter UserOut { get; }

    /// <summary>One per field; row = code.</summary>
    public IReadOnlyList<Parameter> Context { get; }

    /// <summary>Small numbers where symmetry must be broken, ones where scales start, zeros elsewhere: both networks begin as their skip connections alone.</summary>
    public void Start(ulong seed)
    {
        Array.Clear(Values);
        HistoryScale.Of(Values).Fill(1);
        ContextScale.Of(Values).Fill(1);
        Draw(ItemHidden, seed, 1, 1 / Math.Sqrt(ItemHidden.Rows));
        Draw(UserHidden, seed, 2, 1 / Math.Sqrt(UserHidden.Rows));

        // The user's hidden layer begins blind to the history, so that what it learns of contexts holds for any length.
        int d = Sizes.Dimension;
        UserHidden.Of(Values)[..(d * Sizes.Hidden)].Clear();
        UserHidden.Of(Values)[(2 * d * Sizes.Hidden)..].Clear();
    }

    /// <summary>Normal numbers of a given deviation.</summary>
    public void Draw(Parameter parameter, ulong seed, ulong stream, double deviation)
    {
        var random = new SeededRandom(seed, stream);
        foreach (ref float value in parameter.Of(Values))
            value = (float)(random.NextGaussian() * deviation);
    }

    private static int Padded(int length) => (length + 15) / 16 * 16;

    private Parameter Add(string name, int rows, int columns)
    {
        var parameter = new Parameter(name, _length, rows, columns);
        // Begin each matrix at a multiple of 16, so that vectors do not straddle cache lines.
        _length += Padded(parameter.Length);
        _parameters.Add(parameter);
        return parameter;
    }
}
