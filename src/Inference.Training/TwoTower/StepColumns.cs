using Inference.Training.Chance;
using Inference.Training.Splits;

namespace Inference.Training.TwoTower;

/// <summary>
/// Which items a step's softmax is over, and where they stand: all of the catalogue, or, where that is too many, the targets of the batch and a draw by users^¾, with ln of each one's expected count for the logQ
/// correction.
/// </summary>
internal sealed class StepColumns
{
    private const double Power = 0.75;

    private readonly int _items;
    private readonly int _sampled;
    private readonly ulong _seed;
    private readonly AliasTable? _draw;
    private readonly double[] _shares = [];
    private readonly int[] _column;
    private readonly int[] _all = [];

    public StepColumns(SplitItems items, TwoTowerOptions options)
    {
        _items = items.TrainingCount;
        _seed = options.Seed;
        _column = new int[_items];
        _sampled = options.SampledItems;
        if (_items <= options.FullSoftmaxItems)
        {
            _all = new int[_items];
            for (int i = 0; i < _items; i++)
                _all[i] = _column[i] = i;
            return;
        }

        Array.Fill(_column, -1);
        _shares = new double[_items];
        double sum = 0;
        for (int i = 0; i < _items; i++)
            sum += _shares[i] = Math.Pow(Math.Max(1, items.TrainingUsers[i]), Power);
        for (int i = 0; i < _items; i++)
            _shares[i] /= sum;
        _draw = new AliasTable(_shares);
    }

    public int MostColumns(int batchTargets) => _draw is null ? _items : Math.Min(_items, _sampled + batchTargets);

    /// <summary>Items by column, what is taken off their logits, and the batch in columns.</summary>
    /// <param name="examples">The batch.</param>
    /// <param name="step">Number of the step.</param>
    /// <param name="mostTargets">A sampled softmax takes at most so many targets of a user, evenly spread over the list.</param>
    public (int[] Items, float[] LogCounts, TargetBatch Targets) Of(Examples examples, int step, int mostTargets)
    {
        if (_draw is null)
            return (_all, [], Columns(examples, int.MaxValue));
        var items = new List<int>();
        for (int row = 0; row < examples.Count; row++)
        {
            ReadOnlySpan<int> targets = examples.Targets[row].Span;
            for (int i = 0; i < Math.Min(mostTargets, targets.Length); i++)
                Take(targets[Spread(i, targets.Length, mostTargets)], items);
        }

        var random = new SeededRandom(_seed, 2_000_000_000UL + (ulong)step);
        for (int i = 0; i < _sampled; i++)
            Take(_draw.Draw(ref random), items);
        float[] logs = new float[items.Count];
        for (int i = 0; i < logs.Length; i++)
            logs[i] = (float)Math.Log(1 - Math.Pow(1 - _shares[items[i]], _sampled));
        TargetBatch batch = Columns(examples, mostTargets);
        foreach (int item in items)
            _column[item] = -1;
        return ([.. items], logs, batch);
    }

    private void Take(int item, List<int> items)
    {
        if (_column[item] >= 0)
            return;
        _column[item] = items.Count;
        items.Add(item);
    }

    private TargetBatch Columns(Examples examples, int mostTargets)
    {
        int[] targetOffsets = new int[examples.Count + 1], excludedOffsets = new int[examples.Count + 1];
        var targets = new List<int>();
        var weights = new List<float>();
        var excluded = new List<int>();
        for (int row = 0; row < examples.Count; row++)
        {
            ReadOnlySpan<int> wanted = examples.Targets[row].Span;
            int count = Math.Min(mostTargets, wanted.Length);
            for (int i = 0; i < count; i++)
            {
                targets.Add(_column[wanted[Spread(i, wanted.Length, mostTargets)]]);
                weights.Add(1f / count);
            }

            foreach (int item in examples.Hidden[row].Span)
            {
                if (_column[item] >= 0)
                    excluded.Add(_column[item]);
            }

            targetOffsets[row + 1] = targets.Count;
            excludedOffsets[row + 1] = excluded.Count;
        }

        return new TargetBatch(targetOffsets, [.. targets], [.. weights], excludedOffsets, [.. excluded]);
    }

    private static int Spread(int i, int length, int most) => length <= most ? i : (int)((long)i * length / most);
}
