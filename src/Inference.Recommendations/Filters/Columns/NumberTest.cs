using System.Runtime.Intrinsics;

namespace Inference.Recommendations.Filters.Columns;

/// <summary>A test of numbers. NaN, which stands for none, passes no test.</summary>
internal abstract class NumberTest
{
    /// <summary>Adds the numbers that pass.</summary>
    /// <param name="numbers">At least 64 for each word.</param>
    /// <param name="words">A bit for each number.</param>
    public abstract void AddTo(ReadOnlySpan<double> numbers, Span<ulong> words);

    /// <summary>Whether one of the numbers passes.</summary>
    public abstract bool PassesAny(ReadOnlySpan<double> numbers);
}

/// <summary>A test that is one instruction, for one number or for several at once.</summary>
internal interface INumberOperator
{
    Vector256<double> Passes(Vector256<double> numbers, Vector256<double> bound);

    bool Passes(double number, double bound);
}

/// <summary>Tests four numbers at a time.</summary>
internal sealed class NumberTest<TOperator>(double bound) : NumberTest
    where TOperator : struct, INumberOperator
{
    public override void AddTo(ReadOnlySpan<double> numbers, Span<ulong> words)
    {
        Vector256<double> bounds = Vector256.Create(bound);
        TOperator how = default;
        for (int word = 0; word < words.Length; word++)
        {
            ReadOnlySpan<double> row = numbers.Slice(word * 64, 64);
            ulong passed = 0;
            for (int i = 0; i < 64; i += 4)
                passed |= (ulong)how.Passes(Vector256.Create(row.Slice(i, 4)), bounds).ExtractMostSignificantBits() << i;
            words[word] |= passed;
        }
    }

    public override bool PassesAny(ReadOnlySpan<double> numbers)
    {
        TOperator how = default;
        foreach (double number in numbers)
        {
            if (how.Passes(number, bound))
                return true;
        }

        return false;
    }
}

/// <summary>Whether a number is one of some.</summary>
internal sealed class AnyNumberTest : NumberTest
{
    /// <summary>Numbers up to which one pass for each is faster than hashing each row.</summary>
    private const int Few = 8;

    private readonly NumberTest<IsEqual>[] _few;
    private readonly HashSet<double> _all;

    public AnyNumberTest(IEnumerable<double> numbers)
    {
        _all = [.. numbers];
        _few = _all.Count <= Few ? [.. _all.Select(number => new NumberTest<IsEqual>(number))] : [];
    }

    public override void AddTo(ReadOnlySpan<double> numbers, Span<ulong> words)
    {
        foreach (NumberTest<IsEqual> test in _few)
            test.AddTo(numbers, words);
        if (_few.Length > 0)
            return;
        for (int i = 0; i < words.Length * 64; i++)
        {
            if (!double.IsNaN(numbers[i]) && _all.Contains(numbers[i]))
                words[i >> 6] |= 1UL << i;
        }
    }

    public override bool PassesAny(ReadOnlySpan<double> numbers)
    {
        foreach (double number in numbers)
        {
            if (_all.Contains(number))
                return true;
        }

        return false;
    }
}

internal readonly struct IsEqual : INumberOperator
{
    public Vector256<double> Passes(Vector256<double> numbers, Vector256<double> bound) => Vector256.Equals(numbers, bound);

    public bool Passes(double number, double bound) => number == bound;
}

internal readonly struct IsLess : INumberOperator
{
    public Vector256<double> Passes(Vector256<double> numbers, Vector256<double> bound) => Vector256.LessThan(numbers, bound);

    public bool Passes(double number, double bound) => number < bound;
}

internal readonly struct IsAtMost : INumberOperator
{
    public Vector256<double> Passes(Vector256<double> numbers, Vector256<double> bound) => Vector256.LessThanOrEqual(numbers, bound);

    public bool Passes(double number, double bound) => number <= bound;
}

internal readonly struct IsGreater : INumberOperator
{
    public Vector256<double> Passes(Vector256<double> numbers, Vector256<double> bound) => Vector256.GreaterThan(numbers, bound);

    public bool Passes(double number, double bound) => number > bound;
}

internal readonly struct IsAtLeast : INumberOperator
{
    public Vector256<double> Passes(Vector256<double> numbers, Vector256<double> bound) => Vector256.GreaterThanOrEqual(numbers, bound);

    public bool Passes(double number, double bound) => number >= bound;
}

/// <summary>Every number passes.</summary>
internal readonly struct IsNumber : INumberOperator
{
    public Vector256<double> Passes(Vector256<double> numbers, Vector256<double> bound) => Vector256.Equals(numbers, numbers);

    public bool Passes(double number, double bound) => !double.IsNaN(number);
}
