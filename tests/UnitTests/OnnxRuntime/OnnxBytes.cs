using System.Text;

namespace UnitTests.OnnxRuntime;

/// <summary>Writes protobuf fields, enough for the handful of ONNX messages that <see cref="TinyModels"/> needs (onnx.proto, field numbers there).</summary>
internal sealed class OnnxBytes
{
    private readonly MemoryStream _bytes = new();

    public byte[] ToArray() => _bytes.ToArray();

    public OnnxBytes Int(int field, long value)
    {
        Varint((ulong)field << 3);
        Varint((ulong)value);
        return this;
    }

    public OnnxBytes Text(int field, string value) => Bytes(field, Encoding.UTF8.GetBytes(value));

    public OnnxBytes Message(int field, OnnxBytes value) => Bytes(field, value.ToArray());

    public OnnxBytes Bytes(int field, ReadOnlySpan<byte> value)
    {
        Varint(((ulong)field << 3) | 2);
        Varint((ulong)value.Length);
        _bytes.Write(value);
        return this;
    }

    private void Varint(ulong value)
    {
        for (; value >= 0x80; value >>= 7)
            _bytes.WriteByte((byte)(value | 0x80));
        _bytes.WriteByte((byte)value);
    }
}
