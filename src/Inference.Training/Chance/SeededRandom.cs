using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace Inference.Training.Chance;

/// <summary>
/// A seeded source of chance with numbered streams, so that work that is shared out among threads draws the same numbers however it is shared.
/// <list type="number">
/// <item>SplitMix64 spreads seed and stream over the 256 bits of state.</item>
/// <item>xoshiro256** (Blackman and Vigna, "Scrambled linear pseudorandom number generators", 2021) draws.</item>
/// </list>
/// A mutable struct: pass it by reference. Not for secrets.
/// </summary>
public struct SeededRandom
{
    private ulong _s0;
    private ulong _s1;
    private ulong _s2;
    private ulong _s3;
    private double _spareGaussian;
    private bool _hasSpare;

    /// <param name="seed">Names the world.</param>
    /// <param name="stream">Names the part of it; two streams of a seed have nothing to do with each other.</param>
    public SeededRandom(ulong seed, ulong stream = 0)
    {
        ulong state = seed ^ BitOperations.RotateLeft(Mix(stream + 0x9E37_79B9_7F4A_7C15), 32);
        _s0 = Next(ref state);
        _s1 = Next(ref state);
        _s2 = Next(ref state);
        _s3 = Next(ref state);
    }

    /// <summary>64 bits.</summary>
    public ulong NextBits()
    {
        ulong result = BitOperations.RotateLeft(_s1 * 5, 7) * 9;
        ulong t = _s1 << 17;
        _s2 ^= _s0;
        _s3 ^= _s1;
        _s1 ^= _s2;
        _s0 ^= _s3;
        _s2 ^= t;
        _s3 = BitOperations.RotateLeft(_s3, 45);
        return result;
    }

    /// <summary>A number in [0, 1).</summary>
    public double NextDouble() => (NextBits() >> 11) * (1.0 / (1UL << 53));

    /// <summary>A whole number in [0, <paramref name="bound"/>); the bias of at most bound ∕ 2⁶⁴ is let be.</summary>
    public int NextInt(int bound)
    {
        Debug.Assert(bound > 0);
        return (int)Math.BigMul(NextBits(), (ulong)bound, out _);
    }

    /// <summary>A draw from the normal distribution with mean 0 and variance 1, by the polar method (Marsaglia and Bray, 1964).</summary>
    public double NextGaussian()
    {
        if (_hasSpare)
        {
            _hasSpare = false;
            return _spareGaussian;
        }

        double x, y, square;
        do
        {
            x = 2 * NextDouble() - 1;
            y = 2 * NextDouble() - 1;
            square = x * x + y * y;
        }
        while (square is >= 1 or 0);

        double factor = Math.Sqrt(-2 * Math.Log(square) / square);
        _spareGaussian = y * factor;
        _hasSpare = true;
        return x * factor;
    }

    /// <summary>A waiting time of a Poisson process with rate 1: mean 1, at least 0.</summary>
    public double NextExponential() => -Math.Log(1 - NextDouble());

    /// <summary>Fills a vector with independent normal draws whose expected squared length is <paramref name="length"/>².</summary>
    public void FillGaussian(Span<float> vector, double length)
    {
        double scale = length / Math.Sqrt(vector.Length);
        for (int i = 0; i < vector.Length; i++)
            vector[i] = (float)(NextGaussian() * scale);
    }

    /// <summary>Puts the elements into a random order.</summary>
    public void Shuffle<T>(Span<T> elements)
    {
        for (int i = elements.Length - 1; i > 0; i--)
        {
            int j = NextInt(i + 1);
            (elements[i], elements[j]) = (elements[j], elements[i]);
        }
    }

    private static ulong Next(ref ulong state) => Mix(state += 0x9E37_79B9_7F4A_7C15);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58_476D_1CE4_E5B9;
        z = (z ^ (z >> 27)) * 0x94D0_49BB_1331_11EB;
        return z ^ (z >> 31);
    }
}
