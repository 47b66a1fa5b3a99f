using System.Runtime.InteropServices;
using Inference.Server.OpenInference;
using Inference.Towers.Tensors;
using OpenInferenceProtocol.V2;
using Xunit;

namespace UnitTests.Server.OpenInference;

public class TypedContentsTests
{
    [Fact]
    public void FromBytes_OfEveryTypeWithAList_FillsThatList()
    {
        Assert.Equal(new InferTensorContents { BoolContents = { true, false } }, TypedContents.FromBytes([1, 0], TensorType.Bool));
        Assert.Equal(new InferTensorContents { IntContents = { -1, 127 } }, TypedContents.FromBytes([0xff, 0x7f], TensorType.Int8));
        Assert.Equal(new InferTensorContents { IntContents = { short.MinValue, 5 } }, TypedContents.FromBytes(Bytes<short>(short.MinValue, 5), TensorType.Int16));
        Assert.Equal(new InferTensorContents { IntContents = { int.MinValue, 5 } }, TypedContents.FromBytes(Bytes(int.MinValue, 5), TensorType.Int32));
        Assert.Equal(new InferTensorContents { Int64Contents = { long.MinValue, 5 } }, TypedContents.FromBytes(Bytes(long.MinValue, 5), TensorType.Int64));
        Assert.Equal(new InferTensorContents { UintContents = { 255, 0 } }, TypedContents.FromBytes([255, 0], TensorType.UInt8));
        Assert.Equal(new InferTensorContents { UintContents = { ushort.MaxValue } }, TypedContents.FromBytes(Bytes(ushort.MaxValue), TensorType.UInt16));
        Assert.Equal(new InferTensorContents { UintContents = { uint.MaxValue } }, TypedContents.FromBytes(Bytes(uint.MaxValue), TensorType.UInt32));
        Assert.Equal(new InferTensorContents { Uint64Contents = { ulong.MaxValue } }, TypedContents.FromBytes(Bytes(ulong.MaxValue), TensorType.UInt64));
        Assert.Equal(new InferTensorContents { Fp32Contents = { 0.5f, float.NaN } }, TypedContents.FromBytes(Bytes(0.5f, float.NaN), TensorType.Float32));
        Assert.Equal(new InferTensorContents { Fp64Contents = { 0.5 } }, TypedContents.FromBytes(Bytes(0.5), TensorType.Float64));
    }

    [Fact]
    public void ToBytes_OfEveryTypeThatTowersTake_IsTheElements()
    {
        Assert.Equal([1, 0], TypedContents.ToBytes(new InferTensorContents { BoolContents = { true, false } }, TensorType.Bool));
        Assert.Equal(Bytes(-3, 4), TypedContents.ToBytes(new InferTensorContents { IntContents = { -3, 4 } }, TensorType.Int32));
        Assert.Equal(Bytes(-3L, 4), TypedContents.ToBytes(new InferTensorContents { Int64Contents = { -3, 4 } }, TensorType.Int64));
        Assert.Equal(Bytes(-3f, 4), TypedContents.ToBytes(new InferTensorContents { Fp32Contents = { -3, 4 } }, TensorType.Float32));
        Assert.Equal(Bytes(-3d, 4), TypedContents.ToBytes(new InferTensorContents { Fp64Contents = { -3, 4 } }, TensorType.Float64));
    }

    [Theory]
    [InlineData(TensorType.Float16)]
    [InlineData(TensorType.BFloat16)]
    public void FieldOf_SixteenBits_IsNone(TensorType type) => Assert.Null(TypedContents.FieldOf(type));

    [Fact]
    public void EveryType_HasANameAndASize()
    {
        TensorType[] types = Enum.GetValues<TensorType>();
        Assert.Equal(types.Length, types.Select(Datatypes.NameOf).Distinct().Count());
        Assert.All(types, type => Assert.Contains(type.Size(), (int[])[1, 2, 4, 8]));
        Assert.All(types, type => Assert.Equal(type, TensorTypes.Of(type.ToElementType())));
    }

    private static byte[] Bytes<T>(params T[] elements)
        where T : unmanaged => MemoryMarshal.AsBytes(elements.AsSpan()).ToArray();
}
