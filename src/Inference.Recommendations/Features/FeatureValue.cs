using System.Globalization;

namespace Inference.Recommendations.Features;

/// <summary>The value of one feature of a user, a request or an item. The default value is <see cref="FeatureKind.None"/>. Numbers are finite.</summary>
public readonly struct FeatureValue : IEquatable<FeatureValue>
{
    private readonly object? _reference;
    private readonly long _bits;

    private FeatureValue(FeatureKind kind, object? reference, long bits)
    {
        Kind = kind;
        _reference = reference;
        _bits = bits;
    }

    /// <summary>Which of the accessors holds the value.</summary>
    public FeatureKind Kind { get; }

    /// <summary>The string of a <see cref="FeatureKind.Text"/>.</summary>
    public string Text => (string)Expect(FeatureKind.Text);

    /// <summary>The number of a <see cref="FeatureKind.Integer"/>.</summary>
    public long Integer => Kind == FeatureKind.Integer ? _bits : throw Mismatch(FeatureKind.Integer);

    /// <summary>The number of a <see cref="FeatureKind.Number"/>.</summary>
    public double Number => Kind == FeatureKind.Number ? BitConverter.Int64BitsToDouble(_bits) : throw Mismatch(FeatureKind.Number);

    /// <summary>The strings of a <see cref="FeatureKind.TextList"/>.</summary>
    public IReadOnlyList<string> TextList => (IReadOnlyList<string>)Expect(FeatureKind.TextList);

    /// <summary>The numbers of a <see cref="FeatureKind.IntegerList"/>.</summary>
    public IReadOnlyList<long> IntegerList => (IReadOnlyList<long>)Expect(FeatureKind.IntegerList);

    /// <summary>The numbers of a <see cref="FeatureKind.NumberList"/>.</summary>
    public IReadOnlyList<double> NumberList => (IReadOnlyList<double>)Expect(FeatureKind.NumberList);

    public static FeatureValue Of(string text) => new(FeatureKind.Text, text ?? throw new ArgumentNullException(nameof(text)), 0);

    public static FeatureValue Of(long integer) => new(FeatureKind.Integer, null, integer);

    /// <exception cref="ArgumentOutOfRangeException">The number is NaN or infinite.</exception>
    public static FeatureValue Of(double number) => double.IsFinite(number)
        ? new(FeatureKind.Number, null, BitConverter.DoubleToInt64Bits(number))
        : throw new ArgumentOutOfRangeException(nameof(number), number, "A feature must be a finite number.");

    public static FeatureValue Of(IReadOnlyList<string> texts) => new(FeatureKind.TextList, texts ?? throw new ArgumentNullException(nameof(texts)), 0);

    public static FeatureValue Of(IReadOnlyList<long> integers) => new(FeatureKind.IntegerList, integers ?? throw new ArgumentNullException(nameof(integers)), 0);

    /// <exception cref="ArgumentOutOfRangeException">One of the numbers is NaN or infinite.</exception>
    public static FeatureValue Of(IReadOnlyList<double> numbers)
    {
        ArgumentNullException.ThrowIfNull(numbers);
        for (int i = 0; i < numbers.Count; i++)
        {
            if (!double.IsFinite(numbers[i]))
                throw new ArgumentOutOfRangeException(nameof(numbers), numbers[i], $"A feature must be a finite number; element {i} is not.");
        }

        return new(FeatureKind.NumberList, numbers, 0);
    }

    /// <summary>Two values are equal when kind and content are; lists are compared by reference, for they are not meant as keys.</summary>
    public bool Equals(FeatureValue other) => Kind == other.Kind && _bits == other._bits && Equals(_reference, other._reference);

    public override bool Equals(object? obj) => obj is FeatureValue other && Equals(other);

    public override int GetHashCode() => HashCode.Combine(Kind, _bits, _reference);

    public static bool operator ==(FeatureValue left, FeatureValue right) => left.Equals(right);

    public static bool operator !=(FeatureValue left, FeatureValue right) => !left.Equals(right);

    /// <summary>The value as the key of a categorical table: the text itself, or a whole number in invariant decimal form; null for other kinds.</summary>
    public string? AsCategory() => Kind switch
    {
        FeatureKind.Text => Text,
        FeatureKind.Integer => _bits.ToString(CultureInfo.InvariantCulture),
        _ => null,
    };

    public override string ToString() => Kind switch
    {
        FeatureKind.None => "none",
        FeatureKind.Text => Text,
        FeatureKind.Integer => _bits.ToString(CultureInfo.InvariantCulture),
        FeatureKind.Number => Number.ToString(CultureInfo.InvariantCulture),
        FeatureKind.TextList => string.Join('|', TextList),
        FeatureKind.IntegerList => string.Join('|', IntegerList),
        _ => string.Join('|', NumberList),
    };

    private object Expect(FeatureKind kind) => Kind == kind ? _reference! : throw Mismatch(kind);

    private InvalidOperationException Mismatch(FeatureKind asked) => new($"The feature is {Kind}, not {asked}.");
}
