using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Inference.Training.Features;

namespace Inference.Training.TwoTower;

/// <summary>
/// What items are made of, as a sparse matrix items × columns: columns 0 to TokenBuckets are token ids, each weighing 1 ∕ number of tokens (their product with a table is the mean of its rows); the dense
/// traits follow, each with its own value.
/// </summary>
internal sealed class ContentMatrix
{
    private readonly int[] _offsets;
    private readonly int[] _columns;
    private readonly float[] _weights;

    public ContentMatrix(ItemTraits traits)
    {
        Items = traits.Count;
        TokenRows = traits.TokenBuckets + 1;
        Columns = TokenRows + traits.DenseWidth;
        DenseNames = traits.DenseNames.Count == traits.DenseWidth ? traits.DenseNames : [.. Enumerable.Range(0, traits.DenseWidth).Select(column => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"#{column}"))];
        _offsets = new int[Items + 1];
        var columns = new List<int>();
        var weights = new List<float>();
        for (int item = 0; item < Items; item++)
        {
            ReadOnlySpan<int> tokens = traits.Tokens[item];
            foreach (int token in tokens)
            {
                if (token < 1 || token > traits.TokenBuckets)
                    throw new ArgumentException($"A token is {token}; they go from 1 to {traits.TokenBuckets}.", nameof(traits));
                columns.Add(token);
                weights.Add(1f / tokens.Length);
            }

            for (int j = 0; j < traits.DenseWidth; j++)
            {
                if (traits.Dense[item * traits.DenseWidth + j] is var value && value != 0)
                {
                    columns.Add(TokenRows + j);
                    weights.Add(value);
                }
            }

            _offsets[item + 1] = columns.Count;
        }

        HasTokens = traits.Tokens.Total > 0;
        _columns = [.. columns];
        _weights = [.. weights];
    }

    public int Items { get; }

    /// <summary>Whether any item has a token.</summary>
    public bool HasTokens { get; }

    /// <summary>Columns of tokens, the unused token 0 included.</summary>
    public int TokenRows { get; }

    public int Columns { get; }

    /// <summary>What the columns behind the tokens stand for; their numbers where nobody wrote it down, empty where they mean nothing elsewhere.</summary>
    public IReadOnlyList<string> DenseNames { get; }

    public ReadOnlySpan<int> ColumnsOf(int item) => _columns.AsSpan(_offsets[item], _offsets[item + 1] - _offsets[item]);

    public ReadOnlySpan<float> WeightsOf(int item) => _weights.AsSpan(_offsets[item], _offsets[item + 1] - _offsets[item]);

    /// <summary>result = (rows of this matrix) · table.</summary>
    /// <param name="items">Which rows.</param>
    /// <param name="table">Columns × width.</param>
    /// <param name="result">items × <paramref name="stride"/>, of which each row's first table-width numbers are set.</param>
    public void Multiply(ReadOnlyMemory<int> items, FloatView table, float[] result, int stride, Lanes lanes)
    {
        const int PerTask = 256;
        int width = table.RowStride;
        lanes.Run((items.Length + PerTask - 1) / PerTask, task =>
        {
            ReadOnlySpan<int> rows = items.Span;
            int end = Math.Min(rows.Length, (task + 1) * PerTask);
            for (int row = task * PerTask; row < end; row++)
            {
                Span<float> into = result.AsSpan(row * stride, width);
                into.Clear();
                ReadOnlySpan<int> columns = ColumnsOf(rows[row]);
                ReadOnlySpan<float> weights = WeightsOf(rows[row]);
                for (int i = 0; i < columns.Length; i++)
                    FloatVectors.AddScaled(table.Values.AsSpan(table.Offset + columns[i] * width, width), weights[i], into);
            }
        });
    }

    /// <summary>gradient += (rows of this matrix)ᵀ · change. Threads share out columns of the table, so additions stay in the order of items.</summary>
    /// <param name="items">Which rows.</param>
    /// <param name="change">items × <paramref name="stride"/>; each row's first table-width numbers are read.</param>
    /// <param name="gradient">Columns × width, a multiple of 16.</param>
    public void AddTransposed(ReadOnlyMemory<int> items, float[] change, int stride, FloatView gradient, Lanes lanes)
    {
        int width = gradient.RowStride;
        lanes.Run(width / 16, part =>
        {
            ReadOnlySpan<int> rows = items.Span;
            ref float from = ref MemoryMarshal.GetArrayDataReference(change);
            ref float to = ref MemoryMarshal.GetArrayDataReference(gradient.Values);
            for (int row = 0; row < rows.Length; row++)
            {
                ReadOnlySpan<int> columns = ColumnsOf(rows[row]);
                ReadOnlySpan<float> weights = WeightsOf(rows[row]);
                var d = Vector512.LoadUnsafe(ref from, (nuint)(row * stride + part * 16));
                for (int i = 0; i < columns.Length; i++)
                {
                    nuint place = (nuint)(gradient.Offset + columns[i] * width + part * 16);
                    Vector512.FusedMultiplyAdd(d, Vector512.Create(weights[i]), Vector512.LoadUnsafe(ref to, place)).StoreUnsafe(ref to, place);
                }
            }
        });
    }
}
