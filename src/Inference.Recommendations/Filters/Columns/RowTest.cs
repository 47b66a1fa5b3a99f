namespace Inference.Recommendations.Filters.Columns;

/// <summary>A filter, or a part of one, over the columns of one catalogue.</summary>
internal abstract class RowTest
{
    /// <summary>Words of a bitmap that are worked out together: parts of a filter meet in the cache nearest to the core.</summary>
    public const int MostWords = 64;

    /// <summary>Learns texts that came since, before rows are tested.</summary>
    public virtual void Learn()
    {
    }

    /// <summary>Tests rows from 64 × <paramref name="firstWord"/> on.</summary>
    /// <param name="firstWord">The first 64 rows.</param>
    /// <param name="words">At most <see cref="MostWords"/>; overwritten: a bit for each row that passes. Bits of rows that hold no item mean nothing.</param>
    public abstract void Run(int firstWord, Span<ulong> words);
}

/// <summary>The same for every row.</summary>
internal sealed class ConstantTest(bool value) : RowTest
{
    public override void Run(int firstWord, Span<ulong> words) => words.Fill(value ? ulong.MaxValue : 0);
}

/// <summary>All of some, or any of them.</summary>
internal sealed class CombinedTest(RowTest[] parts, bool areAll) : RowTest
{
    public override void Learn()
    {
        foreach (RowTest part in parts)
            part.Learn();
    }

    public override void Run(int firstWord, Span<ulong> words)
    {
        Span<ulong> next = stackalloc ulong[words.Length];
        parts[0].Run(firstWord, words);
        for (int i = 1; i < parts.Length; i++)
        {
            // Nothing can come back, or nothing can be added.
            if (!words.ContainsAnyExcept(areAll ? 0 : ulong.MaxValue))
                return;
            parts[i].Run(firstWord, next);
            for (int word = 0; word < words.Length; word++)
                words[word] = areAll ? words[word] & next[word] : words[word] | next[word];
        }
    }
}

/// <summary>The others.</summary>
internal sealed class NegationTest(RowTest part) : RowTest
{
    public override void Learn() => part.Learn();

    public override void Run(int firstWord, Span<ulong> words)
    {
        part.Run(firstWord, words);
        foreach (ref ulong word in words)
            word = ~word;
    }
}

/// <summary>Rows that have a value, or none.</summary>
internal sealed class PresenceTest(AttributeColumn? column, bool isMissing) : RowTest
{
    public override void Run(int firstWord, Span<ulong> words)
    {
        words.Clear();
        column?.AddPresent(firstWord, words);
        if (!isMissing)
            return;
        foreach (ref ulong word in words)
            word = ~word;
    }
}

/// <summary>Rows whose value, or an element of it, passes.</summary>
/// <param name="column">The values; null where no item has one.</param>
/// <param name="numbers">For numbers; null where none passes.</param>
/// <param name="texts">For texts; null where none passes.</param>
/// <param name="isNegated">Rows that have a value of which nothing passes, instead.</param>
internal sealed class ValueTest(AttributeColumn? column, NumberTest? numbers, TextTest? texts, bool isNegated) : RowTest
{
    public override void Learn()
    {
        if (column is not null)
            texts?.Learn(column.Texts);
    }

    public override void Run(int firstWord, Span<ulong> words)
    {
        words.Clear();
        if (column is null)
            return;
        int first = firstWord * 64;
        if (numbers is not null && column.Numbers.Length > 0)
            numbers.AddTo(column.Numbers.AsSpan(first), words);
        if (texts is not null && column.Codes.Length > 0)
            texts.AddTo(column.Codes.AsSpan(first), words);
        if ((numbers is not null && column.NumberLists is not null) || (texts is not null && column.TextLists is not null))
            AddLists(column, first, words);
        if (!isNegated)
            return;
        Span<ulong> present = stackalloc ulong[words.Length];
        present.Clear();
        column.AddPresent(firstWord, present);
        for (int word = 0; word < words.Length; word++)
            words[word] = present[word] & ~words[word];
    }

    private void AddLists(AttributeColumn column, int first, Span<ulong> words)
    {
        for (int i = 0; i < words.Length * 64; i++)
        {
            bool passes = (numbers is not null && column.NumberLists is not null && numbers.PassesAny(column.NumberLists.Of(first + i)))
                || (texts is not null && column.TextLists is not null && texts.PassesAny(column.TextLists.Of(first + i)));
            words[i >> 6] |= (passes ? 1UL : 0UL) << i;
        }
    }
}
