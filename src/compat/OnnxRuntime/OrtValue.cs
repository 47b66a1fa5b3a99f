using System.Buffers;
using System.Runtime.CompilerServices;
using Microsoft.ML.OnnxRuntime.Interop;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Microsoft.ML.OnnxRuntime;

/// <summary>
/// A value that goes into or comes out of a run: a tensor, in this subset. It owns its native object and, if it stands on managed memory,
/// keeps that memory pinned until it is disposed and no run or binding uses it any more. Reading and writing its elements while a run
/// uses it is a race of the caller's.
/// </summary>
public sealed unsafe class OrtValue : IDisposable
{
    private readonly OrtValueHandle _handle;
    private volatile bool _disposed;

    internal OrtValue(OrtValueHandle handle, OnnxValueType onnxType)
    {
        _handle = handle;
        OnnxType = onnxType;
    }

    public OnnxValueType OnnxType { get; }

    public bool IsTensor => OnnxType == OnnxValueType.ONNX_TYPE_TENSOR;

    public bool IsSparseTensor => OnnxType == OnnxValueType.ONNX_TYPE_SPARSETENSOR;

    /// <summary>The native value, which bindings and runs may hold beyond its Dispose.</summary>
    internal OrtValueHandle Handle
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _handle;
        }
    }

    /// <summary>A tensor on an array, which stays pinned as long as the value lives. Nothing is copied: later writes to the array are seen by later runs.</summary>
    /// <param name="data">The elements, in row-major order; may be longer than the shape needs.</param>
    /// <param name="shape">The dimensions; empty for a scalar.</param>
    /// <exception cref="OnnxRuntimeException">The array is shorter than the shape, or tensors of <typeparamref name="T"/> are not supported.</exception>
    public static OrtValue CreateTensorValueFromMemory<T>(T[] data, long[] shape)
        where T : unmanaged => CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, new Memory<T>(data), shape);

    /// <inheritdoc cref="CreateTensorValueFromMemory{T}(T[], long[])"/>
    /// <param name="memoryInfo">Where the memory is; <see cref="OrtMemoryInfo.DefaultInstance"/> for managed memory.</param>
    /// <param name="memory">The elements, in row-major order; may be longer than the shape needs.</param>
    /// <param name="shape">The dimensions; empty for a scalar.</param>
    public static OrtValue CreateTensorValueFromMemory<T>(OrtMemoryInfo memoryInfo, Memory<T> memory, long[] shape)
        where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(shape);
        TensorElementType element = TensorElement<T>.Type ?? throw new OnnxRuntimeException(ErrorCode.InvalidArgument, $"Tensor of type: {typeof(T)} is not supported");
        long count = TensorElement.CountOf(shape);
        if (count > memory.Length)
            throw new OnnxRuntimeException(ErrorCode.InvalidArgument, $"Managed memory size: {memory.Length} elements is less than shape size: {count} elements");

        MemoryHandle pin = memory.Pin();
        try
        {
            nint native = CreateOnMemory(memoryInfo, pin.Pointer, (long)memory.Length * sizeof(T), shape, element);
            return new OrtValue(new OrtValueHandle(native, pin), OnnxValueType.ONNX_TYPE_TENSOR);
        }
        catch
        {
            pin.Dispose();
            throw;
        }
    }

    /// <summary>A tensor on memory that the caller owns and keeps, wherever it is, until the value is disposed.</summary>
    /// <param name="memInfo">Where the memory is.</param>
    /// <param name="elementType">Type of the elements; not string.</param>
    /// <param name="shape">The dimensions; empty for a scalar.</param>
    /// <param name="dataBufferPtr">Its address, on the device if the memory is there.</param>
    /// <param name="bufferLengthInBytes">Its length, at least what the shape needs.</param>
    /// <exception cref="OnnxRuntimeException">The buffer is shorter than the shape, or the type is not supported.</exception>
    public static OrtValue CreateTensorValueWithData(OrtMemoryInfo memInfo, TensorElementType elementType, long[] shape, IntPtr dataBufferPtr, long bufferLengthInBytes)
    {
        ArgumentNullException.ThrowIfNull(shape);
        int size = TensorElement.SizeOf(elementType);
        if (size <= 0)
            throw new OnnxRuntimeException(ErrorCode.InvalidArgument, $"Tensor element type: {elementType} is not supported");
        long needed = checked(TensorElement.CountOf(shape) * size);
        if (needed > bufferLengthInBytes)
            throw new OnnxRuntimeException(ErrorCode.InvalidArgument, $"The shape requires a buffer of at least {needed} bytes. Provided: {bufferLengthInBytes} bytes");
        nint native = CreateOnMemory(memInfo, (void*)dataBufferPtr, bufferLengthInBytes, shape, elementType);
        return new OrtValue(new OrtValueHandle(native), OnnxValueType.ONNX_TYPE_TENSOR);
    }

    /// <summary>A tensor on memory from an allocator, freed with the value. Its elements are whatever was there before.</summary>
    public static OrtValue CreateAllocatedTensorValue(OrtAllocator allocator, TensorElementType elementType, long[] shape)
    {
        ArgumentNullException.ThrowIfNull(shape);
        using var memory = new HandleLease(allocator);
        nint native;
        fixed (long* dimensions = shape)
            OrtStatus.ThrowIfFailed(OrtLibrary.Api->CreateTensorAsOrtValue(memory.Value, dimensions, (nuint)shape.Length, (int)elementType, &native));
        return new OrtValue(new OrtValueHandle(native, owner: allocator), OnnxValueType.ONNX_TYPE_TENSOR);
    }

    /// <summary>The elements, in place. Valid as long as the value is, and only if the memory is the CPU's.</summary>
    /// <typeparam name="T">The .NET type of the elements, or <see cref="byte"/> for the bytes of any type.</typeparam>
    /// <exception cref="OnnxRuntimeException">No tensor, a tensor of strings, or elements of another type.</exception>
    public ReadOnlySpan<T> GetTensorDataAsSpan<T>()
        where T : unmanaged => Span<T>();

    /// <inheritdoc cref="GetTensorDataAsSpan{T}"/>
    public Span<T> GetTensorMutableDataAsSpan<T>()
        where T : unmanaged => Span<T>();

    /// <summary>The bytes of the elements, in place; see <see cref="GetTensorDataAsSpan{T}"/>.</summary>
    public Span<byte> GetTensorMutableRawData() => Span<byte>();

    /// <summary>Bytes of all elements.</summary>
    public long GetTensorSizeInBytes()
    {
        RequireTensor();
        TensorElementType element = Handle.Describe(out _, out long count);
        int size = TensorElement.SizeOf(element);
        return size > 0 ? count * size : throw new OnnxRuntimeException(ErrorCode.NotImplemented, $"A tensor of {element} has no size in bytes here");
    }

    public OrtTensorTypeAndShapeInfo GetTensorTypeAndShape()
    {
        RequireTensor();
        using var self = new HandleLease(Handle);
        nint info;
        OrtStatus.ThrowIfFailed(OrtLibrary.Api->GetTensorTypeAndShape(self.Value, &info));
        try
        {
            return new OrtTensorTypeAndShapeInfo(info);
        }
        finally
        {
            OrtLibrary.Api->ReleaseTensorTypeAndShapeInfo(info);
        }
    }

    /// <summary>Where the memory is. The description belongs to the value, which lives at least as long then.</summary>
    public OrtMemoryInfo GetTensorMemoryInfo()
    {
        RequireTensor();
        using var self = new HandleLease(Handle);
        nint info;
        OrtStatus.ThrowIfFailed(OrtLibrary.Api->GetTensorMemoryInfo(self.Value, &info));
        return new OrtMemoryInfo(info, holder: Handle);
    }

    public void Dispose()
    {
        _disposed = true;
        _handle.Dispose();
    }

    /// <summary>Wraps a value that a run made.</summary>
    /// <param name="native">The value; owned from here on, also if this throws.</param>
    /// <param name="sharesMemoryOf">The value whose memory it shares; null if the memory is its own.</param>
    internal static OrtValue Adopt(nint native, OrtValueHandle? sharesMemoryOf = null)
    {
        if (native == 0)
            throw new OnnxRuntimeException(ErrorCode.Fail, "The run did not produce this output");
        OrtValueHandle handle;
        try
        {
            handle = new OrtValueHandle(native, owner: sharesMemoryOf);
        }
        catch
        {
            OrtLibrary.Api->ReleaseValue(native);
            throw;
        }
        int type;
        nint status = OrtLibrary.Api->GetValueType(native, &type);
        if (status != 0)
            handle.Dispose();
        OrtStatus.ThrowIfFailed(status);
        return new OrtValue(handle, (OnnxValueType)type);
    }

    private static nint CreateOnMemory(OrtMemoryInfo memoryInfo, void* data, long bytes, long[] shape, TensorElementType element)
    {
        using var memory = new HandleLease(memoryInfo);
        nint native;
        fixed (long* dimensions = shape)
            OrtStatus.ThrowIfFailed(OrtLibrary.Api->CreateTensorWithDataAsOrtValue(memory.Value, data, (nuint)bytes, dimensions, (nuint)shape.Length, (int)element, &native));
        return native;
    }

    private Span<T> Span<T>()
        where T : unmanaged
    {
        RequireTensor();
        TensorElementType element = Handle.Describe(out void* data, out long count);
        if (element != TensorElement<T>.Type || element == TensorElementType.String)
            count *= BytesPerElement<T>(element);
        return new Span<T>(data, checked((int)count));
    }

    /// <summary>For a view as bytes, how many make an element; any other mismatch throws.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int BytesPerElement<T>(TensorElementType element)
    {
        int size = TensorElement.SizeOf(element);
        if (element == TensorElementType.String)
            throw new OnnxRuntimeException(ErrorCode.InvalidArgument, "Strings are not supported by this API");
        if (size <= 0)
            throw new OnnxRuntimeException(ErrorCode.InvalidArgument, $"Element type: {element} is not registered type.");
        if (typeof(T) != typeof(byte))
            throw new OnnxRuntimeException(ErrorCode.InvalidArgument, $"Requested type: {typeof(T)} does not match the actual type: {TensorElement.TypeOf(element)}");
        return size;
    }

    private void RequireTensor()
    {
        if (!IsTensor)
            throw new OnnxRuntimeException(ErrorCode.InvalidArgument, $"This OrtValue type contains: {OnnxType}, not a tensor");
    }
}
