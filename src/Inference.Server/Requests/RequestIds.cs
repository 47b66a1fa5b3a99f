using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;

namespace Inference.Server.Requests;

/// <summary>
/// Makes ids for requests that bring none: 64 bits that are this process's own, and a counter, as 22 characters of base64url. Unique in the process by the counter,
/// among processes by chance (2⁻⁶⁴ for a pair), at the price of one string.
/// </summary>
internal sealed class RequestIds
{
    private const int Characters = 22;
    private readonly ulong _process = BinaryPrimitives.ReadUInt64LittleEndian(RandomNumberGenerator.GetBytes(sizeof(ulong)));
    private long _counter;

    public string Next() => string.Create(Characters, (_process, Interlocked.Increment(ref _counter)), static (characters, id) =>
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, id._process);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[8..], id.Item2);
        Base64Url.EncodeToChars(bytes, characters);
    });
}
