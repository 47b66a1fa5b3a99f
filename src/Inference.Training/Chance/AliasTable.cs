namespace Inference.Training.Chance;

/// <summary>
/// Draws from a fixed discrete distribution in constant time.
/// <list type="number">
/// <item>Scale the weights to mean 1; cells below 1 are filled up by one cell above 1 (Vose, "A linear algorithm for generating random numbers with a given distribution", 1991).</item>
/// <item>Draw a cell, then the cell's own outcome or the one that filled it up.</item>
/// </list>
/// </summary>
public sealed class AliasTable
{
    private readonly double[] _own;
    private readonly int[] _other;

    /// <param name="weights">At least one; none negative, not all zero.</param>
    public AliasTable(ReadOnlySpan<double> weights)
    {
        if (weights.IsEmpty)
            throw new ArgumentException("At least one weight is needed.", nameof(weights));
        double sum = 0;
        foreach (double weight in weights)
        {
            if (!(weight >= 0 && double.IsFinite(weight)))
                throw new ArgumentException($"A weight is {weight}; weights are finite and not negative.", nameof(weights));
            sum += weight;
        }

        if (!(sum > 0 && double.IsFinite(sum)))
            throw new ArgumentException($"The weights sum to {sum}.", nameof(weights));

        int count = weights.Length;
        _own = new double[count];
        _other = new int[count];
        var small = new Stack<int>();
        var large = new Stack<int>();
        for (int i = 0; i < count; i++)
        {
            _own[i] = weights[i] / sum * count;
            _other[i] = i;
            (_own[i] < 1 ? small : large).Push(i);
        }

        while (small.Count > 0 && large.Count > 0)
        {
            int low = small.Pop(), high = large.Peek();
            _other[low] = high;
            _own[high] -= 1 - _own[low];
            if (_own[high] < 1)
                small.Push(large.Pop());
        }

        // What is left on either stack is 1 but for rounding.
        foreach (int i in small)
            _own[i] = 1;
        foreach (int i in large)
            _own[i] = 1;
    }

    /// <summary>How many outcomes there are.</summary>
    public int Count => _own.Length;

    /// <summary>An outcome in [0, <see cref="Count"/>).</summary>
    public int Draw(ref SeededRandom random)
    {
        int cell = random.NextInt(_own.Length);
        return random.NextDouble() < _own[cell] ? cell : _other[cell];
    }
}
