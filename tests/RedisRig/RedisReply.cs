using System.Text;

namespace RedisRig;

/// <summary>What Redis answered to one command.</summary>
internal sealed class RedisReply
{
    /// <summary>The bytes of a string or status; null for other kinds and for nil.</summary>
    public byte[]? Bytes { get; init; }

    /// <summary>The value of an integer; 0 for other kinds.</summary>
    public long Integer { get; init; }

    /// <summary>The elements of an array; empty for other kinds.</summary>
    public IReadOnlyList<RedisReply> Items { get; init; } = [];

    /// <summary>Whether it is nil.</summary>
    public bool IsNull { get; init; }

    /// <summary>The string as UTF-8; empty for other kinds.</summary>
    public string Text => Bytes is null ? "" : Encoding.UTF8.GetString(Bytes);

    public override string ToString() => IsNull ? "nil" : Bytes is not null ? Text : Items.Count > 0 ? $"[{string.Join(", ", Items)}]" : $"{Integer}";
}

/// <summary>Redis answered with an error.</summary>
internal sealed class RedisErrorException(string message) : Exception(message);
