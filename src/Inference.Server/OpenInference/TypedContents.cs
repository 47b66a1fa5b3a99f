using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Google.Protobuf.Collections;
using Inference.Towers.Tensors;
using OpenInferenceProtocol.V2;

namespace Inference.Server.OpenInference;

/// <summary>Elements in the lists of a message against elements as bytes. Which list belongs to a type, the protocol says; FP16 and BF16 have none.</summary>
internal static class TypedContents
{
    private static readonly (string Name, Func<InferTensorContents, int> Count)[] Fields =
    [
        ("bool_contents", static contents => contents.BoolContents.Count),
        ("int_contents", static contents => contents.IntContents.Count),
        ("int64_contents", static contents => contents.Int64Contents.Count),
        ("uint_contents", static contents => contents.UintContents.Count),
        ("uint64_contents", static contents => contents.Uint64Contents.Count),
        ("fp32_contents", static contents => contents.Fp32Contents.Count),
        ("fp64_contents", static contents => contents.Fp64Contents.Count),
        ("bytes_contents", static contents => contents.BytesContents.Count),
    ];

    /// <summary>The list that holds elements of a type; null when none does.</summary>
    public static string? FieldOf(TensorType type) => type switch
    {
        TensorType.Bool => "bool_contents",
        TensorType.Int8 or TensorType.Int16 or TensorType.Int32 => "int_contents",
        TensorType.Int64 => "int64_contents",
        TensorType.UInt8 or TensorType.UInt16 or TensorType.UInt32 => "uint_contents",
        TensorType.UInt64 => "uint64_contents",
        TensorType.Float32 => "fp32_contents",
        TensorType.Float64 => "fp64_contents",
        _ => null,
    };

    /// <summary>How many elements are in the list of a type.</summary>
    public static int Count(InferTensorContents? contents, TensorType type)
    {
        string? field = FieldOf(type);
        foreach ((string name, Func<InferTensorContents, int> count) in Fields)
        {
            if (name == field)
                return contents is null ? 0 : count(contents);
        }

        return 0;
    }

    /// <summary>The first list that is not empty, other than the one of a type; null when all others are.</summary>
    /// <param name="contents">The lists.</param>
    /// <param name="type">The type; null for a look at all lists.</param>
    public static string? Stray(InferTensorContents? contents, TensorType? type)
    {
        if (contents is null)
            return null;
        string? field = type is { } known ? FieldOf(known) : null;
        foreach ((string name, Func<InferTensorContents, int> count) in Fields)
        {
            if (name != field && count(contents) > 0)
                return name;
        }

        return null;
    }

    /// <summary>The elements of an input as bytes. Towers take six types (docs/bundle-format.md), five of which have a list.</summary>
    public static byte[] ToBytes(InferTensorContents contents, TensorType type) => type switch
    {
        TensorType.Bool => Bytes(contents.BoolContents),
        TensorType.Int32 => Bytes(contents.IntContents),
        TensorType.Int64 => Bytes(contents.Int64Contents),
        TensorType.Float32 => Bytes(contents.Fp32Contents),
        TensorType.Float64 => Bytes(contents.Fp64Contents),
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "No input has elements of this type in a list."),
    };

    /// <summary>The elements of an output, in the list of their type.</summary>
    public static InferTensorContents FromBytes(ReadOnlySpan<byte> data, TensorType type)
    {
        var contents = new InferTensorContents();
        switch (type)
        {
            case TensorType.Bool:
                // Any byte but 0 is true; a bool that is made of one would not be.
                Add<byte, bool>(contents.BoolContents, data, static element => element != 0);
                break;
            case TensorType.Int8:
                Add<sbyte, int>(contents.IntContents, data, static element => element);
                break;
            case TensorType.Int16:
                Add<short, int>(contents.IntContents, data, static element => element);
                break;
            case TensorType.Int32:
                Add<int, int>(contents.IntContents, data, static element => element);
                break;
            case TensorType.Int64:
                Add<long, long>(contents.Int64Contents, data, static element => element);
                break;
            case TensorType.UInt8:
                Add<byte, uint>(contents.UintContents, data, static element => element);
                break;
            case TensorType.UInt16:
                Add<ushort, uint>(contents.UintContents, data, static element => element);
                break;
            case TensorType.UInt32:
                Add<uint, uint>(contents.UintContents, data, static element => element);
                break;
            case TensorType.UInt64:
                Add<ulong, ulong>(contents.Uint64Contents, data, static element => element);
                break;
            case TensorType.Float32:
                Add<float, float>(contents.Fp32Contents, data, static element => element);
                break;
            case TensorType.Float64:
                Add<double, double>(contents.Fp64Contents, data, static element => element);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(type), type, "Elements of this type have no list.");
        }

        return contents;
    }

    private static byte[] Bytes<T>(RepeatedField<T> elements)
        where T : unmanaged
    {
        var bytes = new byte[elements.Count * Unsafe.SizeOf<T>()];
        Span<T> places = MemoryMarshal.Cast<byte, T>(bytes.AsSpan());
        for (int i = 0; i < places.Length; i++)
            places[i] = elements[i];
        return bytes;
    }

    private static void Add<T, TField>(RepeatedField<TField> field, ReadOnlySpan<byte> data, Func<T, TField> convert)
        where T : unmanaged
    {
        ReadOnlySpan<T> elements = MemoryMarshal.Cast<byte, T>(data);
        field.Capacity = elements.Length;
        foreach (T element in elements)
            field.Add(convert(element));
    }
}
