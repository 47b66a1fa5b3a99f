using Microsoft.ML.OnnxRuntime.Tensors;

namespace Microsoft.ML.OnnxRuntime.Interop;

/// <summary>The .NET types of tensor elements.</summary>
internal static class TensorElement
{
    private static readonly (TensorElementType Element, Type Type, int Size)[] s_elements =
    [
        (TensorElementType.Float, typeof(float), 4),
        (TensorElementType.UInt8, typeof(byte), 1),
        (TensorElementType.Int8, typeof(sbyte), 1),
        (TensorElementType.UInt16, typeof(ushort), 2),
        (TensorElementType.Int16, typeof(short), 2),
        (TensorElementType.Int32, typeof(int), 4),
        (TensorElementType.Int64, typeof(long), 8),
        (TensorElementType.String, typeof(string), -1),
        (TensorElementType.Bool, typeof(bool), 1),
        (TensorElementType.Float16, typeof(Float16), 2),
        (TensorElementType.Double, typeof(double), 8),
        (TensorElementType.UInt32, typeof(uint), 4),
        (TensorElementType.UInt64, typeof(ulong), 8),
        (TensorElementType.BFloat16, typeof(BFloat16), 2),
    ];

    /// <summary>The .NET type of an element type; null where there is none.</summary>
    public static Type? TypeOf(TensorElementType element)
    {
        foreach (var entry in s_elements)
        {
            if (entry.Element == element)
                return entry.Type;
        }
        return null;
    }

    /// <summary>Bytes per element; -1 for strings, 0 where there is no .NET type.</summary>
    public static int SizeOf(TensorElementType element)
    {
        foreach (var entry in s_elements)
        {
            if (entry.Element == element)
                return entry.Size;
        }
        return 0;
    }

    public static TensorElementType? ElementOf(Type type)
    {
        foreach (var entry in s_elements)
        {
            if (entry.Type == type)
                return entry.Element;
        }
        return null;
    }

    /// <summary>The number of elements of a shape.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A dimension is negative.</exception>
    /// <exception cref="OverflowException">More elements than a long counts.</exception>
    public static long CountOf(ReadOnlySpan<long> shape)
    {
        long count = 1;
        foreach (long dimension in shape)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(dimension, nameof(shape));
            count = checked(count * dimension);
        }
        return count;
    }
}

/// <summary>The element type of <typeparamref name="T"/>, looked up once per type.</summary>
internal static class TensorElement<T>
    where T : unmanaged
{
    /// <summary>Null where tensors of <typeparamref name="T"/> are not supported.</summary>
    public static readonly TensorElementType? Type = TensorElement.ElementOf(typeof(T));
}
