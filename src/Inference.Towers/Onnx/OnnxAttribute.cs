using Google.Protobuf;
using Inference.Towers.Onnx.Proto;
using static Inference.Towers.Onnx.Proto.AttributeProto.Types;

namespace Inference.Towers.Onnx;

/// <summary>A compile-time argument of a node.</summary>
public sealed class OnnxAttribute
{
    private OnnxAttribute(AttributeProto proto) => Proto = proto;

    internal AttributeProto Proto { get; }

    public static OnnxAttribute Of(string name, long value) => new(new AttributeProto { Name = name, Type = AttributeType.Int, I = value });

    public static OnnxAttribute Of(string name, float value) => new(new AttributeProto { Name = name, Type = AttributeType.Float, F = value });

    public static OnnxAttribute Of(string name, string value) => new(new AttributeProto { Name = name, Type = AttributeType.String, S = ByteString.CopyFromUtf8(value) });

    public static OnnxAttribute Of(string name, IEnumerable<long> values) => new(new AttributeProto { Name = name, Type = AttributeType.Ints, Ints = { values } });

    public static OnnxAttribute Of(string name, IEnumerable<float> values) => new(new AttributeProto { Name = name, Type = AttributeType.Floats, Floats = { values } });
}
