using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Inference.Towers.Encoders;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Inference.Towers.Runtime;

/// <summary>One input of a tower: its tensor and the encoder that fills its rows.</summary>
internal abstract class TensorInput
{
    private readonly long[] _shape;

    /// <param name="name">Name in the graph.</param>
    /// <param name="elementType">Element type.</param>
    /// <param name="elementSize">Bytes per element.</param>
    /// <param name="width">Elements per row; -1 for one per column of the history.</param>
    /// <param name="shape">Dimensions as the graph has them; the first is the batch.</param>
    protected TensorInput(string name, TensorElementType elementType, int elementSize, int width, long[] shape)
    {
        Name = name;
        ElementType = elementType;
        ElementSize = elementSize;
        Width = width;
        _shape = shape;
    }

    public string Name { get; }

    public TensorElementType ElementType { get; }

    public int ElementSize { get; }

    /// <summary>Elements per row; -1 for one per column of the history.</summary>
    public int Width { get; }

    /// <summary>Whether all rows of one user are the same, so that those after the first can be copied.</summary>
    public bool IsOfUser { get; init; }

    /// <summary>Bytes of one row.</summary>
    /// <param name="columns">Columns of the history.</param>
    public int RowBytes(int columns) => (Width < 0 ? columns : Width) * ElementSize;

    /// <summary>Dimensions of a batch.</summary>
    public long[] ShapeOf(int rows, int columns)
    {
        long[] shape = [.. _shape];
        shape[0] = rows;
        // Only a history, or a list whose length the manifest gives, has a second dimension that the graph leaves open.
        if (shape.Length > 1 && shape[1] < 0)
            shape[1] = Width < 0 ? columns : Width;
        return shape;
    }

    /// <summary>Fills one row.</summary>
    public abstract void Encode(in TowerRow row, Span<byte> destination);

    /// <summary>Makes an input of the right element type.</summary>
    public static TensorInput Create(string name, TensorElementType type, EncoderSpec spec, int width, long[] shape, EncoderScope scope) => type switch
    {
        TensorElementType.Float => new TensorInput<float>(name, type, spec.CreateSided<float>(width, scope), width, shape) { IsOfUser = spec.IsOfUser },
        TensorElementType.Float16 => new TensorInput<Half>(name, type, spec.CreateSided<Half>(width, scope), width, shape) { IsOfUser = spec.IsOfUser },
        TensorElementType.Double => new TensorInput<double>(name, type, spec.CreateSided<double>(width, scope), width, shape) { IsOfUser = spec.IsOfUser },
        TensorElementType.Int64 => new TensorInput<long>(name, type, spec.CreateSided<long>(width, scope), width, shape) { IsOfUser = spec.IsOfUser },
        TensorElementType.Int32 => new TensorInput<int>(name, type, spec.CreateSided<int>(width, scope), width, shape) { IsOfUser = spec.IsOfUser },
        TensorElementType.Bool => new TensorInput<byte>(name, type, spec.CreateSided<byte>(width, scope), width, shape) { IsOfUser = spec.IsOfUser },
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Not an element type of inputs."),
    };
}

/// <summary>An input with elements of one type.</summary>
internal sealed class TensorInput<T>(string name, TensorElementType elementType, InputEncoder<T> encoder, int width, long[] shape)
    : TensorInput(name, elementType, Unsafe.SizeOf<T>(), width, shape)
    where T : unmanaged, INumberBase<T>
{
    public override void Encode(in TowerRow row, Span<byte> destination) => encoder.Encode(row, MemoryMarshal.Cast<byte, T>(destination));
}
