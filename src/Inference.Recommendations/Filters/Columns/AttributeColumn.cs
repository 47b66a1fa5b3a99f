using Inference.Recommendations.Features;

namespace Inference.Recommendations.Filters.Columns;

/// <summary>The values of one attribute by row: numbers as doubles, texts by code, lists behind one another. Items may have values of different kinds; a row has one or none.</summary>
/// <remarks>Whole numbers beyond 2^53 are rounded to doubles. Room for rows comes in whole words of 64, so that tests need no remainders. Any number of tests may read at once; who changes it is alone: <see cref="CatalogueFilters"/> holds its lock.</remarks>
internal sealed class AttributeColumn
{
    private int _rows;

    public AttributeColumn(int rows) => EnsureRows(rows);

    /// <summary>By row, NaN where it has no number; empty while no row has one.</summary>
    public double[] Numbers { get; private set; } = [];

    /// <summary>By row the code of its text, 0 where it has none; empty while no row has one.</summary>
    public int[] Codes { get; private set; } = [];

    public ListCells<double>? NumberLists { get; private set; }

    /// <summary>Codes of the texts.</summary>
    public ListCells<int>? TextLists { get; private set; }

    public ColumnTexts Texts { get; } = new();

    public long Bytes => (8L * Numbers.Length) + (4L * Codes.Length) + (NumberLists?.Bytes ?? 0) + (TextLists?.Bytes ?? 0) + Texts.Bytes;

    /// <summary>Whether texts that no row has any more are most of what is kept.</summary>
    public bool IsWorn => Texts.Count > 4_096 + (2L * (_rows + (TextLists?.Elements ?? 0L)));

    /// <summary>Makes room for rows; new ones have no value.</summary>
    public void EnsureRows(int rows)
    {
        if (rows <= _rows)
            return;
        // A quarter more, so that items that come one by one do not move the column each time.
        _rows = (int)(64 * (((long)Math.Max(rows, _rows == 0 ? 0 : _rows + (_rows / 4)) + 63) / 64));
        if (Numbers.Length > 0)
            Numbers = Resized(Numbers, double.NaN);
        if (Codes.Length > 0)
            Codes = Resized(Codes, 0);
        NumberLists?.EnsureRows(_rows);
        TextLists?.EnsureRows(_rows);
    }

    /// <summary>Gives a row a value; <see cref="FeatureKind.None"/> and the empty list take it away.</summary>
    public void Set(int row, FeatureValue value)
    {
        EnsureRows(row + 1);
        Clear(row);
        switch (value.Kind)
        {
            case FeatureKind.Integer:
                SetNumber(row, value.Integer);
                break;
            case FeatureKind.Number:
                SetNumber(row, value.Number);
                break;
            case FeatureKind.Text:
                if (Codes.Length == 0)
                    Codes = new int[_rows];
                Codes[row] = Texts.Code(value.Text);
                break;
            case FeatureKind.IntegerList:
                Span<double> integers = NumberListOf(row, value.IntegerList.Count);
                for (int i = 0; i < integers.Length; i++)
                    integers[i] = value.IntegerList[i];
                break;
            case FeatureKind.NumberList:
                Span<double> numbers = NumberListOf(row, value.NumberList.Count);
                for (int i = 0; i < numbers.Length; i++)
                    numbers[i] = value.NumberList[i];
                break;
            case FeatureKind.TextList:
                if (TextLists is null)
                    (TextLists = new ListCells<int>()).EnsureRows(_rows);
                Span<int> codes = TextLists.Set(row, value.TextList.Count);
                for (int i = 0; i < codes.Length; i++)
                    codes[i] = Texts.Code(value.TextList[i]);
                break;
        }
    }

    /// <summary>Adds the rows that have a value.</summary>
    /// <param name="firstWord">Rows from 64 × this on.</param>
    /// <param name="words">A bit for each row.</param>
    public void AddPresent(int firstWord, Span<ulong> words)
    {
        if (Numbers.Length > 0)
            new NumberTest<IsNumber>(default).AddTo(Numbers.AsSpan(firstWord * 64), words);
        for (int word = 0; word < words.Length; word++)
        {
            int row = (firstWord + word) * 64;
            ulong present = 0;
            for (int i = 0; i < 64; i++)
            {
                bool has = (Codes.Length > 0 && Codes[row + i] != 0) || (NumberLists is not null && NumberLists.Lengths[row + i] > 0) || (TextLists is not null && TextLists.Lengths[row + i] > 0);
                present |= (has ? 1UL : 0UL) << i;
            }

            words[word] |= present;
        }
    }

    private void Clear(int row)
    {
        if (Numbers.Length > 0)
            Numbers[row] = double.NaN;
        if (Codes.Length > 0)
            Codes[row] = 0;
        NumberLists?.Clear(row);
        TextLists?.Clear(row);
    }

    private void SetNumber(int row, double number)
    {
        if (Numbers.Length == 0)
        {
            Numbers = new double[_rows];
            Array.Fill(Numbers, double.NaN);
        }

        Numbers[row] = number;
    }

    private Span<double> NumberListOf(int row, int length)
    {
        if (NumberLists is null)
            (NumberLists = new ListCells<double>()).EnsureRows(_rows);
        return NumberLists.Set(row, length);
    }

    private T[] Resized<T>(T[] cells, T none)
    {
        int before = cells.Length;
        Array.Resize(ref cells, _rows);
        cells.AsSpan(before).Fill(none);
        return cells;
    }
}
