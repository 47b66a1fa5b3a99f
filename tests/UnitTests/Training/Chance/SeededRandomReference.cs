using System.Numerics;

namespace UnitTests.Training.Chance;

/// <summary>xoshiro256** and SplitMix64 by the formulas of their papers, in big integers with explicit reductions: slow and plain.</summary>
internal static class SeededRandomReference
{
    private static readonly BigInteger Modulus = BigInteger.One << 64;

    public static ulong[] First(ulong seed, ulong stream, int count)
    {
        BigInteger state = seed ^ (ulong)Rotate(Mix((stream + new BigInteger(0x9E3779B97F4A7C15)) % Modulus), 32);
        var s = new BigInteger[4];
        for (int i = 0; i < 4; i++)
            s[i] = Mix(state = (state + 0x9E3779B97F4A7C15) % Modulus);
        var numbers = new ulong[count];
        for (int i = 0; i < count; i++)
        {
            numbers[i] = (ulong)(Rotate(s[1] * 5 % Modulus, 7) * 9 % Modulus);
            BigInteger t = (s[1] << 17) % Modulus;
            s[2] ^= s[0];
            s[3] ^= s[1];
            s[1] ^= s[2];
            s[0] ^= s[3];
            s[2] ^= t;
            s[3] = Rotate(s[3], 45);
        }

        return numbers;
    }

    private static BigInteger Mix(BigInteger z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 % Modulus;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB % Modulus;
        return z ^ (z >> 31);
    }

    private static BigInteger Rotate(BigInteger x, int bits) => ((x << bits) % Modulus) | (x >> (64 - bits));
}
