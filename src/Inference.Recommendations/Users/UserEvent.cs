using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Inference.Recommendations.Users;

/// <summary>One thing that one user or anonymous session did, as it is recorded. Validated by the caller.</summary>
/// <param name="EventId">Unique id; a second event of the same id is a duplicate. Not empty.</param>
/// <param name="User">Who did it; nobody for an anonymous session, whose events count for popularity alone.</param>
/// <param name="ItemId">The item; not empty.</param>
/// <param name="Type">What was done.</param>
/// <param name="Time">When.</param>
/// <param name="RequestId">The request that showed the item; empty when none did.</param>
/// <param name="Slot">The rank in that slate, from 1; 0 when unknown.</param>
/// <param name="Value">Quantity, rating or amount, finite; 0 when there is none.</param>
public sealed record UserEvent(string EventId, UserIdentity User, string ItemId, InteractionType Type, DateTimeOffset Time, string RequestId = "", int Slot = 0, double Value = 0)
{
    /// <summary>The first 64 bits of SHA-256 of the event's id: what duplicates are told by within one user's events.</summary>
    public ulong EventKey { get; } = KeyOf(EventId);

    /// <summary>What is kept with the user; values beyond single precision are cut to its range.</summary>
    public Interaction ToInteraction() => new(
        EventKey, ItemId, Type, Time.AddTicks(-(Time.Ticks % TimeSpan.TicksPerMicrosecond)).ToUniversalTime(), (float)Math.Clamp(Value, -float.MaxValue, float.MaxValue));

    private static ulong KeyOf(string id)
    {
        int most = Encoding.UTF8.GetMaxByteCount(id.Length);
        Span<byte> utf8 = most <= 1024 ? stackalloc byte[most] : new byte[most];
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(utf8[..Encoding.UTF8.GetBytes(id, utf8)], hash);
        return BinaryPrimitives.ReadUInt64BigEndian(hash);
    }
}
