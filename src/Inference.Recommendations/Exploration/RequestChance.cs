using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;

namespace Inference.Recommendations.Exploration;

/// <summary>The numbers that one request draws: xoshiro256** (Blackman and Vigna, 2018), seeded with SHA-256 of the request's id, so the same id draws the same numbers on every replica.</summary>
internal struct RequestChance
{
    private ulong _a, _b, _c, _d;

    public RequestChance(string requestId)
    {
        int most = Encoding.UTF8.GetMaxByteCount(requestId.Length);
        Span<byte> utf8 = most <= 1024 ? stackalloc byte[most] : new byte[most];
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(utf8[..Encoding.UTF8.GetBytes(requestId, utf8)], hash);
        _a = BinaryPrimitives.ReadUInt64LittleEndian(hash);
        _b = BinaryPrimitives.ReadUInt64LittleEndian(hash[8..]);
        _c = BinaryPrimitives.ReadUInt64LittleEndian(hash[16..]);
        _d = BinaryPrimitives.ReadUInt64LittleEndian(hash[24..]);
    }

    /// <summary>A number in [0, 1), in steps of 2⁻⁵³.</summary>
    public double Next()
    {
        ulong result = BitOperations.RotateLeft(_b * 5, 7) * 9;
        ulong t = _b << 17;
        _c ^= _a;
        _d ^= _b;
        _b ^= _c;
        _a ^= _d;
        _c ^= t;
        _d = BitOperations.RotateLeft(_d, 45);
        return (result >> 11) * (1.0 / (1UL << 53));
    }

    /// <summary>Draws a place with the given probabilities.</summary>
    /// <param name="probabilities">At least one, none negative, their sum above 0; they need not sum to 1 exactly.</param>
    /// <returns>A place whose probability is above 0.</returns>
    public int Draw(ReadOnlySpan<double> probabilities)
    {
        double sum = 0;
        foreach (double probability in probabilities)
            sum += probability;
        double left = Next() * sum;
        int last = 0;
        for (int i = 0; i < probabilities.Length; i++)
        {
            if (!(probabilities[i] > 0))
                continue;
            last = i;
            left -= probabilities[i];
            if (left < 0)
                break;
        }

        return last;
    }
}
