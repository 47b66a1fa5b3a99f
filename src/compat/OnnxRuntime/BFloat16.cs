namespace Microsoft.ML.OnnxRuntime;

/// <summary>A bfloat16 number as tensors hold it: the upper half of a single-precision number.</summary>
public readonly struct BFloat16 : IEquatable<BFloat16>
{
    private const ushort QuietNaN = 0xFFC0;

    /// <summary>The bits.</summary>
    public readonly ushort value;

    public BFloat16(ushort v) => value = v;

    public float ToFloat() => BitConverter.UInt32BitsToSingle((uint)value << 16);

    /// <summary>Rounds to the nearest, ties to even.</summary>
    public static explicit operator BFloat16(float value)
    {
        if (float.IsNaN(value))
            return new BFloat16(QuietNaN);
        uint bits = BitConverter.SingleToUInt32Bits(value);
        uint half = 0x7FFF + ((bits >> 16) & 1);
        return new BFloat16((ushort)((bits + half) >> 16));
    }

    public static explicit operator float(BFloat16 value) => value.ToFloat();

    /// <summary>Equality of the bits, except that NaN equals nothing. Zeros of different sign differ, as in the official package.</summary>
    public static bool operator ==(BFloat16 left, BFloat16 right) => left.value == right.value && !float.IsNaN(left.ToFloat());

    public static bool operator !=(BFloat16 left, BFloat16 right) => !(left == right);

    /// <summary>Equality of the numbers: zeros of different sign are equal, and NaN equals NaN.</summary>
    public bool Equals(BFloat16 other) => ToFloat().Equals(other.ToFloat());

    public override bool Equals(object? obj) => obj is BFloat16 other && Equals(other);

    public override int GetHashCode() => ToFloat().GetHashCode();
}
