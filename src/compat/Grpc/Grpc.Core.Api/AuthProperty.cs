namespace Grpc.Core;

/// <summary>One fact about the peer: a name with bytes, usually UTF-8 text.</summary>
public class AuthProperty
{
    private readonly byte[] _bytes;
    private string? _text;

    private AuthProperty(string name, byte[] bytes)
    {
        Name = name;
        _bytes = bytes;
    }

    /// <summary>The name of the fact.</summary>
    public string Name { get; }

    /// <summary>The bytes, read as UTF-8.</summary>
    public string Value => _text ??= System.Text.Encoding.UTF8.GetString(_bytes);

    /// <summary>A copy of the bytes.</summary>
    public byte[] ValueBytes => (byte[])_bytes.Clone();

    /// <summary>Makes a property; the bytes are copied.</summary>
    public static AuthProperty Create(string name, byte[] valueBytes)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(valueBytes);
        return new AuthProperty(name, (byte[])valueBytes.Clone());
    }
}
