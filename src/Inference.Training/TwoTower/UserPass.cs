namespace Inference.Training.TwoTower;

/// <summary>The user tower over a batch, forwards and backwards; see <see cref="TowerWeights"/> for the formula. Holds what the way back needs.</summary>
internal sealed class UserPass(TowerWeights weights, ContentMatrix content, Lanes lanes)
{
    private const int UsersPerTask = 32;

    private readonly int _d = weights.Sizes.Dimension;
    private readonly int _hidden = weights.Sizes.Hidden;
    private readonly int _inputColumns = weights.Sizes.UserInputs;
    private readonly float[] _turned = new float[weights.Sizes.UserInputs * weights.Sizes.Hidden + weights.Sizes.Hidden * weights.Sizes.Dimension];
    private UserBatch _batch = new([], [0], [], []);
    private float[] _history = [];
    private float[] _historyChange = [];
    private float[] _inputs = [];
    private float[] _inputChange = [];
    private float[] _units = [];
    private float[] _unitChange = [];
    private float[] _norms = [];
    private float[] _itemWeights = [];
    private float[] _itemWeightChange = [];

    /// <summary>users × dimension, after <see cref="Forward"/>.</summary>
    public float[] Vectors { get; private set; } = [];

    /// <param name="batch">Whom; not changed before the way back is done.</param>
    public void Forward(UserBatch batch)
    {
        _batch = batch;
        TowerWeights w = weights;
        float[] values = w.Values;
        int users = batch.Count;
        Vectors = Grown(Vectors, users * _d);
        _history = Grown(_history, batch.Items.Length * _d);
        _inputs = Grown(_inputs, users * _inputColumns);
        _units = Grown(_units, users * _hidden);
        _norms = Grown(_norms, users);
        _itemWeights = Grown(_itemWeights, batch.Places.Length);

        content.Multiply(batch.Items, w.HistoryContent.In(values), _history, _d, lanes);
        for (int i = 0; i < batch.Items.Length; i++)
        {
            if (batch.Items[i] < w.Sizes.TrainingItems)
                FloatVectors.Add(w.HistoryId.Row(values, batch.Items[i] + 1), _history.AsSpan(i * _d, _d));
        }

        EachUser(user =>
        {
            ReadOnlySpan<int> places = Places(user);
            int n = places.Length;
            Span<float> input = _inputs.AsSpan(user * _inputColumns, _inputColumns), vector = Vectors.AsSpan(user * _d, _d);
            input.Clear();
            Span<float> x = input[.._d], f = input.Slice(_d, _d);
            Span<float> itemWeights = _itemWeights.AsSpan(batch.Offsets[user], n);
            float squares = 1;
            for (int i = 0; i < n; i++)
            {
                itemWeights[i] = MathF.Exp(w.Position.Of(values)[n - 1 - i]);
                squares += itemWeights[i] * itemWeights[i];
                FloatVectors.AddScaled(_history.AsSpan(places[i] * _d, _d), itemWeights[i], x);
            }

            _norms[user] = MathF.Sqrt(squares);
            System.Numerics.Tensors.TensorPrimitives.Divide(x, _norms[user], x);
            for (int field = 0; field < w.Context.Count; field++)
                FloatVectors.Add(w.Context[field].Row(values, batch.Codes[user * w.Context.Count + field]), f);
            LengthInputs(n, input[(2 * _d)..]);
            w.UserBias.Row(values, TowerSizes.Bucket(n)).CopyTo(vector);
            FloatVectors.AddScaled(x, w.HistoryScale.Of(values)[n], vector);
            FloatVectors.AddScaled(f, w.ContextScale.Of(values)[n], vector);
        });
        FloatView units = FloatView.RowMajor(_units, _hidden);
        FloatProduct.Multiply(FloatView.RowMajor(_inputs, _inputColumns), w.UserHidden.In(values), units, users, _inputColumns, _hidden, add: false, lanes);
        Span<float> all = _units.AsSpan(0, users * _hidden);
        FloatVectors.AddRow(all, w.UserHiddenBias.Of(values));
        FloatVectors.Relu(all);
        FloatProduct.Multiply(units, w.UserOut.In(values), FloatView.RowMajor(Vectors, _d), users, _hidden, _d, add: true, lanes);
    }

    /// <summary>Adds to the gradient of the weights.</summary>
    /// <param name="change">Gradient by <see cref="Vectors"/>.</param>
    /// <param name="gradient">In the layout of the weights.</param>
    public void Backward(float[] change, float[] gradient)
    {
        TowerWeights w = weights;
        float[] values = w.Values;
        UserBatch batch = _batch;
        int users = batch.Count;
        _historyChange = Grown(_historyChange, batch.Items.Length * _d);
        _inputChange = Grown(_inputChange, users * _inputColumns);
        _unitChange = Grown(_unitChange, users * _hidden);
        _itemWeightChange = Grown(_itemWeightChange, batch.Places.Length);

        FloatView changes = FloatView.RowMajor(change, _d), unitChange = FloatView.RowMajor(_unitChange, _hidden);
        FloatProduct.Multiply(FloatView.RowMajor(_units, _hidden).Transposed, changes, w.UserOut.In(gradient), _hidden, users, _d, add: true, lanes);
        FloatProduct.Transpose(w.UserOut.Of(values), _hidden, _d, _turned, _hidden);
        FloatProduct.Multiply(changes, FloatView.RowMajor(_turned, _hidden), unitChange, users, _d, _hidden, add: false, lanes);
        FloatVectors.ReluBackward(_units.AsSpan(0, users * _hidden), _unitChange.AsSpan(0, users * _hidden));
        FloatVectors.SumRows(_unitChange.AsSpan(0, users * _hidden), w.UserHiddenBias.Of(gradient));
        FloatProduct.Multiply(FloatView.RowMajor(_inputs, _inputColumns).Transposed, unitChange, w.UserHidden.In(gradient), _inputColumns, users, _hidden, add: true, lanes);
        FloatProduct.Transpose(w.UserHidden.Of(values), _inputColumns, _hidden, _turned, _inputColumns);
        FloatProduct.Multiply(unitChange, FloatView.RowMajor(_turned, _inputColumns), FloatView.RowMajor(_inputChange, _inputColumns), users, _hidden, _inputColumns, add: false, lanes);

        EachUser(user =>
        {
            // Here dx becomes the gradient by Σ w h, and df that by the sum of the context's rows.
            int n = Places(user).Length;
            ReadOnlySpan<float> own = change.AsSpan(user * _d, _d);
            Span<float> dx = _inputChange.AsSpan(user * _inputColumns, _d), df = _inputChange.AsSpan(user * _inputColumns + _d, _d);
            ReadOnlySpan<float> x = _inputs.AsSpan(user * _inputColumns, _d);
            FloatVectors.AddScaled(own, w.HistoryScale.Of(values)[n], dx);
            FloatVectors.AddScaled(own, w.ContextScale.Of(values)[n], df);
            float norm = _norms[user], normChange = -FloatVectors.Dot(x, dx) / norm;
            System.Numerics.Tensors.TensorPrimitives.Divide(dx, norm, dx);
            for (int i = 0; i < n; i++)
            {
                int at = batch.Offsets[user] + i;
                _itemWeightChange[at] = FloatVectors.Dot(dx, _history.AsSpan(batch.Places[at] * _d, _d)) + normChange * _itemWeights[at] / norm;
            }
        });

        // What users share is summed by one thread, in the order of users.
        Array.Clear(_historyChange, 0, batch.Items.Length * _d);
        Span<float> position = w.Position.Of(gradient), historyScale = w.HistoryScale.Of(gradient), contextScale = w.ContextScale.Of(gradient);
        for (int user = 0; user < users; user++)
        {
            int n = Places(user).Length;
            ReadOnlySpan<float> own = change.AsSpan(user * _d, _d), input = _inputs.AsSpan(user * _inputColumns, _inputColumns), inputChange = _inputChange.AsSpan(user * _inputColumns, _inputColumns);
            FloatVectors.Add(own, w.UserBias.Row(gradient, TowerSizes.Bucket(n)));
            historyScale[n] += FloatVectors.Dot(own, input[.._d]);
            contextScale[n] += FloatVectors.Dot(own, input.Slice(_d, _d));
            for (int field = 0; field < w.Context.Count; field++)
                FloatVectors.Add(inputChange.Slice(_d, _d), w.Context[field].Row(gradient, batch.Codes[user * w.Context.Count + field]));
            for (int i = 0; i < n; i++)
            {
                int at = batch.Offsets[user] + i;
                position[n - 1 - i] += _itemWeightChange[at] * _itemWeights[at];
                FloatVectors.AddScaled(inputChange[.._d], _itemWeights[at], _historyChange.AsSpan(batch.Places[at] * _d, _d));
            }
        }

        for (int i = 0; i < batch.Items.Length; i++)
        {
            if (batch.Items[i] < w.Sizes.TrainingItems)
                FloatVectors.Add(_historyChange.AsSpan(i * _d, _d), w.HistoryId.Row(gradient, batch.Items[i] + 1));
        }

        content.AddTransposed(batch.Items, _historyChange, _d, w.HistoryContent.In(gradient), lanes);
    }

    /// <summary>What the hidden layer is told of the length of the history; the places behind stay 0.</summary>
    public static void LengthInputs(int length, Span<float> inputs)
    {
        inputs[0] = MathF.Log(length + 1) * 0.25f;
        inputs[1] = 1f / (length + 1);
    }

    private ReadOnlySpan<int> Places(int user) => _batch.Places.AsSpan(_batch.Offsets[user], _batch.Offsets[user + 1] - _batch.Offsets[user]);

    private void EachUser(Action<int> action)
    {
        int users = _batch.Count;
        lanes.Run((users + UsersPerTask - 1) / UsersPerTask, task =>
        {
            for (int user = task * UsersPerTask; user < Math.Min(users, (task + 1) * UsersPerTask); user++)
                action(user);
        });
    }

    private static float[] Grown(float[] array, int length) => array.Length >= length ? array : new float[length + length / 4];
}
