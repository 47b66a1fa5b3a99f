using System.Buffers;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using Xunit;

namespace UnitTests.OnnxRuntime;

public sealed class OrtValueTests
{
    [Fact]
    public void CreateTensorValueFromMemory_WithArray_StandsOnTheArray()
    {
        float[] data = [1, 2, 3, 4];
        using OrtValue value = OrtValue.CreateTensorValueFromMemory(data, [2, 2]);

        value.GetTensorMutableDataAsSpan<float>()[3] = 9;

        Assert.Equal(9, data[3]);
        Assert.True(value.IsTensor);
        Assert.False(value.IsSparseTensor);
        Assert.Equal(OnnxValueType.ONNX_TYPE_TENSOR, value.OnnxType);
        OrtTensorTypeAndShapeInfo info = value.GetTensorTypeAndShape();
        Assert.Equal(TensorElementType.Float, info.ElementDataType);
        Assert.False(info.IsString);
        Assert.Equal(4, info.ElementCount);
        Assert.Equal(2, info.DimensionsCount);
        Assert.Equal([2L, 2L], info.Shape);
        Assert.Equal(16, value.GetTensorMutableRawData().Length);
        Assert.Equal(OrtMemoryInfo.DefaultInstance.Name, value.GetTensorMemoryInfo().Name);
    }

    [Fact]
    public void CreateTensorValueFromMemory_WithMoreMemoryThanTheShapeNeeds_UsesItsStart()
    {
        using OrtValue value = OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, new long[] { 1, 2, 3, 4 }.AsMemory(1), [2]);

        Assert.Equal([2L, 3L], value.GetTensorDataAsSpan<long>().ToArray());
    }

    [Fact]
    public void CreateTensorValueFromMemory_WithTooLittleMemory_Throws()
    {
        var error = Assert.Throws<OnnxRuntimeException>(() => OrtValue.CreateTensorValueFromMemory(new float[3], [2, 2]));

        Assert.Equal("[ErrorCode:InvalidArgument] Managed memory size: 3 elements is less than shape size: 4 elements", error.Message);
    }

    [Fact]
    public void CreateTensorValueFromMemory_WithNegativeDimension_Throws() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => OrtValue.CreateTensorValueFromMemory(new float[3], [-1, 3]));

    [Fact]
    public void CreateTensorValueFromMemory_WithShapeThatOverflows_Throws() =>
        Assert.Throws<OverflowException>(() => OrtValue.CreateTensorValueFromMemory(new float[3], [long.MaxValue, 3]));

    [Fact]
    public void CreateTensorValueFromMemory_WithUnsupportedType_Throws()
    {
        Assert.Throws<OnnxRuntimeException>(() => OrtValue.CreateTensorValueFromMemory(new char[3], [3]));
        Assert.Throws<OnnxRuntimeException>(() => OrtValue.CreateTensorValueFromMemory(new Half[3], [3]));
        Assert.Throws<OnnxRuntimeException>(() => OrtValue.CreateTensorValueFromMemory(new decimal[3], [3]));
    }

    [Fact]
    public void CreateTensorValueFromMemory_WhenItThrows_UnpinsTheMemory()
    {
        using var memory = new CountingMemory(3);

        Assert.Throws<OnnxRuntimeException>(() => OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, memory.Memory, [4]));
        // Refused by the library, after the pin: more dimensions than it takes.
        Assert.ThrowsAny<Exception>(() => OrtValue.CreateTensorValueFromMemory(new OrtMemoryInfo("NoSuchDevice", OrtAllocatorType.DeviceAllocator, 0, OrtMemType.Default), memory.Memory, [3]));

        Assert.Equal(0, memory.Pins);
    }

    [Fact]
    public void Dispose_OfValueOnMemory_UnpinsIt()
    {
        using var memory = new CountingMemory(3);
        OrtValue value = OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, memory.Memory, [3]);
        Assert.Equal(1, memory.Pins);

        value.Dispose();
        value.Dispose();

        Assert.Equal(0, memory.Pins);
    }

    [Fact]
    public void CreateAllocatedTensorValue_WithShape_CanBeWrittenAndRead()
    {
        using OrtValue value = OrtValue.CreateAllocatedTensorValue(OrtAllocator.DefaultInstance, TensorElementType.Int64, [2, 3]);

        Span<long> data = value.GetTensorMutableDataAsSpan<long>();
        for (int i = 0; i < data.Length; i++)
            data[i] = i;

        Assert.Equal([0L, 1L, 2L, 3L, 4L, 5L], value.GetTensorDataAsSpan<long>().ToArray());
    }

    [Fact]
    public unsafe void CreateTensorValueWithData_WithNativeMemory_StandsOnIt()
    {
        float* data = (float*)NativeMemory.Alloc(4, sizeof(float));
        try
        {
            using (OrtValue value = OrtValue.CreateTensorValueWithData(OrtMemoryInfo.DefaultInstance, TensorElementType.Float, [4], (nint)data, 16))
                value.GetTensorMutableDataAsSpan<float>().Fill(7);
            Assert.Equal(7, data[3]);

            Assert.Throws<OnnxRuntimeException>(
                () => OrtValue.CreateTensorValueWithData(OrtMemoryInfo.DefaultInstance, TensorElementType.Float, [5], (nint)data, 16));
            Assert.Throws<OnnxRuntimeException>(
                () => OrtValue.CreateTensorValueWithData(OrtMemoryInfo.DefaultInstance, TensorElementType.String, [1], (nint)data, 16));
        }
        finally
        {
            NativeMemory.Free(data);
        }
    }

    [Fact]
    public void GetTensorDataAsSpan_WithAnotherType_Throws()
    {
        using OrtValue value = OrtValue.CreateTensorValueFromMemory(new float[3], [3]);

        var error = Assert.Throws<OnnxRuntimeException>(() => value.GetTensorDataAsSpan<int>().Length);

        Assert.Equal("[ErrorCode:InvalidArgument] Requested type: System.Int32 does not match the actual type: System.Single", error.Message);
    }

    [Fact]
    public void GetTensorDataAsSpan_AsBytes_CoversAllElements()
    {
        using OrtValue value = OrtValue.CreateTensorValueFromMemory(new double[] { 1, 2 }, [2]);

        Assert.Equal(MemoryMarshal.AsBytes<double>([1, 2]).ToArray(), value.GetTensorDataAsSpan<byte>().ToArray());
    }

    [Fact]
    public void GetTensorDataAsSpan_OfScalar_HasOneElement()
    {
        using OrtValue value = OrtValue.CreateTensorValueFromMemory(new float[] { 5 }, []);

        Assert.Equal([5f], value.GetTensorDataAsSpan<float>().ToArray());
        Assert.Empty(value.GetTensorTypeAndShape().Shape);
    }

    [Fact]
    public void Run_WithEveryElementType_KeepsTheBits()
    {
        RoundTrip<float>(TensorElementType.Float);
        RoundTrip<byte>(TensorElementType.UInt8);
        RoundTrip<sbyte>(TensorElementType.Int8);
        RoundTrip<ushort>(TensorElementType.UInt16);
        RoundTrip<short>(TensorElementType.Int16);
        RoundTrip<int>(TensorElementType.Int32);
        RoundTrip<long>(TensorElementType.Int64);
        RoundTrip<Float16>(TensorElementType.Float16);
        RoundTrip<double>(TensorElementType.Double);
        RoundTrip<uint>(TensorElementType.UInt32);
        RoundTrip<ulong>(TensorElementType.UInt64);
        RoundTrip<BFloat16>(TensorElementType.BFloat16);
        RoundTrip<bool>(TensorElementType.Bool);
    }

    private static void RoundTrip<T>(TensorElementType type)
        where T : unmanaged
    {
        using var session = new InferenceSession(TinyModels.Identity(type));
        Assert.Equal(typeof(T), session.InputMetadata["x"].ElementType);
        Assert.Equal(type, session.InputMetadata["x"].ElementDataType);

        T[] data = new T[5];
        new Random(7).NextBytes(MemoryMarshal.AsBytes(data.AsSpan()));
        if (typeof(T) == typeof(bool))
            data = [.. new[] { true, false, true, true, false }.Cast<T>()];
        using OrtValue x = OrtValue.CreateTensorValueFromMemory(data, [5]);
        using var options = new RunOptions();
        using var results = session.Run(options, ["x"], [x], ["y"]);

        Assert.Equal(type, results[0].GetTensorTypeAndShape().ElementDataType);
        Assert.Equal(MemoryMarshal.AsBytes(data.AsSpan()).ToArray(), MemoryMarshal.AsBytes(results[0].GetTensorDataAsSpan<T>()).ToArray());
    }

    /// <summary>Memory that counts how often it is pinned.</summary>
    internal sealed class CountingMemory(int length) : MemoryManager<float>
    {
        private readonly float[] _data = GC.AllocateArray<float>(length, pinned: true);
        private int _pins;

        public int Pins => Volatile.Read(ref _pins);

        public override Span<float> GetSpan() => _data;

        public override unsafe MemoryHandle Pin(int elementIndex = 0)
        {
            Interlocked.Increment(ref _pins);
            return new MemoryHandle((float*)Marshal.UnsafeAddrOfPinnedArrayElement(_data, elementIndex), pinnable: this);
        }

        public override void Unpin() => Interlocked.Decrement(ref _pins);

        protected override void Dispose(bool disposing)
        {
        }
    }
}
