using Inference.Recommendations.Snapshots;
using Inference.Recommendations.Surfaces;

namespace Inference.Recommendations.Retrieval;

/// <summary>The values of the latest items of one history, each with what it adds to the score of an item that shares it. The memory of one request; used again.</summary>
internal sealed class SharedValues
{
    /// <summary>Values of one attribute at most; those that come first are kept.</summary>
    public const int MostValues = 32;

    private readonly ValueLists?[] _lists = new ValueLists?[SurfaceRetriever.MostAttributes];
    private readonly int[] _counts = new int[SurfaceRetriever.MostAttributes];
    private readonly int[] _values = new int[SurfaceRetriever.MostAttributes * MostValues];
    private readonly float[] _weights = new float[SurfaceRetriever.MostAttributes * MostValues];

    /// <summary>Attributes that have lists.</summary>
    public int Attributes { get; private set; }

    /// <summary>Whether no value is worth anything.</summary>
    public bool IsEmpty { get; private set; } = true;

    /// <summary>Forgets the last request.</summary>
    public void Begin()
    {
        Array.Clear(_lists);
        (Attributes, IsEmpty) = (0, true);
    }

    public void AddAttribute(ValueLists lists)
    {
        _counts[Attributes] = 0;
        _lists[Attributes++] = lists;
    }

    /// <summary>Adds the values of an item of the history.</summary>
    /// <param name="row">The item.</param>
    /// <param name="factor">What it counts.</param>
    /// <returns>Whether it has any.</returns>
    public bool AddItem(int row, float factor)
    {
        bool hasAny = false;
        for (int attribute = 0; attribute < Attributes; attribute++)
        {
            ValueLists lists = _lists[attribute]!;
            int number = lists.Numbers.Of(row);
            foreach (int value in lists.Numbers.In(number))
            {
                hasAny = true;
                Add(attribute, value, factor * lists.WeightOf(value));
            }
        }

        return hasAny;
    }

    /// <summary>The values of an attribute.</summary>
    public ReadOnlySpan<int> ValuesOf(int attribute) => _values.AsSpan(attribute * MostValues, _counts[attribute]);

    /// <summary>The lists of an attribute.</summary>
    public ValueLists ListsOf(int attribute) => _lists[attribute]!;

    /// <summary>What a row's values add up to; 0 where it shares none.</summary>
    public float SumOf(int row)
    {
        float sum = 0;
        for (int attribute = 0; attribute < Attributes; attribute++)
        {
            AttributeNumbers numbers = _lists[attribute]!.Numbers;
            ReadOnlySpan<int> values = ValuesOf(attribute);
            int number = numbers.Of(row);
            foreach (int value in numbers.In(number))
            {
                int place = values.IndexOf(value);
                if (place >= 0)
                    sum += _weights[(attribute * MostValues) + place];
            }
        }

        return sum;
    }

    private void Add(int attribute, int value, float weight)
    {
        if (weight <= 0f)
            return;
        int place = ValuesOf(attribute).IndexOf(value);
        if (place < 0)
        {
            if (_counts[attribute] == MostValues)
                return;
            place = _counts[attribute]++;
            _values[(attribute * MostValues) + place] = value;
            _weights[(attribute * MostValues) + place] = 0f;
        }

        _weights[(attribute * MostValues) + place] += weight;
        IsEmpty = false;
    }
}
