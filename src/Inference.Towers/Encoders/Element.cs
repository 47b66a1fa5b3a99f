using System.Numerics;

namespace Inference.Towers.Encoders;

/// <summary>Conversion of features to elements of a tensor.</summary>
internal static class Element
{
    /// <summary>Larger numbers carry no meaning and would soon be infinite inside a model; fp16 ends earlier.</summary>
    private const double Limit = 1e30, HalfLimit = 65_504;

    /// <summary>A finite number as an element that is finite too; as a bool, which is a byte here, anything but zero is 1.</summary>
    public static T Of<T>(double number)
        where T : unmanaged, INumberBase<T>
    {
        if (typeof(T) == typeof(byte))
            return number == 0 ? T.Zero : T.One;
        double limit = typeof(T) == typeof(Half) ? HalfLimit : Limit;
        return T.CreateSaturating(Math.Clamp(number, -limit, limit));
    }

    /// <summary>A whole number as an element; limited to the range of the type.</summary>
    public static T Of<T>(long number)
        where T : unmanaged, INumberBase<T> =>
        typeof(T) == typeof(Half) || typeof(T) == typeof(byte) ? Of<T>((double)number) : T.CreateSaturating(number);
}
