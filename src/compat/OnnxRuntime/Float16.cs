namespace Microsoft.ML.OnnxRuntime;

/// <summary>An IEEE 754 half-precision number as tensors hold it. Its bits are those of <see cref="Half"/>, to which it casts for arithmetic.</summary>
public readonly struct Float16 : IEquatable<Float16>
{
    /// <summary>The bits.</summary>
    public readonly ushort value;

    public Float16(ushort v) => value = v;

    public float ToFloat() => (float)BitConverter.UInt16BitsToHalf(value);

    public static explicit operator Float16(float value) => new(BitConverter.HalfToUInt16Bits((Half)value));

    public static explicit operator float(Float16 value) => value.ToFloat();

    /// <summary>Equality of the bits, except that NaN equals nothing. Zeros of different sign differ, as in the official package.</summary>
    public static bool operator ==(Float16 left, Float16 right) => left.value == right.value && !float.IsNaN(left.ToFloat());

    public static bool operator !=(Float16 left, Float16 right) => !(left == right);

    /// <summary>Equality of the numbers: zeros of different sign are equal, and NaN equals NaN.</summary>
    public bool Equals(Float16 other) => ToFloat().Equals(other.ToFloat());

    public override bool Equals(object? obj) => obj is Float16 other && Equals(other);

    public override int GetHashCode() => ToFloat().GetHashCode();
}
