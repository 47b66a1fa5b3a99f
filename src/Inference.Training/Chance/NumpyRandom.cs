using System.Numerics;

namespace Inference.Training.Chance;

/// <summary>
/// The numbers of numpy's <c>RandomState(seed)</c>, bit for bit, for what published figures were sampled with: bootstrap intervals and sub-samples of users.
/// <list type="number">
/// <item>The Mersenne Twister MT19937 (Matsumoto and Nishimura, 1998), seeded by Knuth's recurrence as <c>init_genrand</c>.</item>
/// <item>Bounded integers by masked rejection: 32 bits a try, cut to the bits of the largest value.</item>
/// </list>
/// Everything else of the project draws from <see cref="SeededRandom"/>.
/// </summary>
public sealed class NumpyRandom
{
    private const int StateLength = 624;
    private const int Shift = 397;
    private readonly uint[] _state = new uint[StateLength];
    private int _next = StateLength;

    /// <param name="seed">As given to <c>RandomState</c>.</param>
    public NumpyRandom(uint seed)
    {
        _state[0] = seed;
        for (uint i = 1; i < StateLength; i++)
            _state[i] = 1_812_433_253 * (_state[i - 1] ^ (_state[i - 1] >> 30)) + i;
    }

    /// <summary>32 bits.</summary>
    public uint NextBits()
    {
        if (_next == StateLength)
            Refill();
        uint y = _state[_next++];
        y ^= y >> 11;
        y ^= (y << 7) & 0x9D2C_5680;
        y ^= (y << 15) & 0xEFC6_0000;
        return y ^ (y >> 18);
    }

    /// <summary>One number of <c>randint(0, bound)</c>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The bound is not positive.</exception>
    public int NextInt(int bound)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bound);
        uint most = (uint)bound - 1;
        if (most == 0)
            return 0; // numpy draws nothing here
        uint mask = uint.MaxValue >> BitOperations.LeadingZeroCount(most);
        uint value;
        do
            value = NextBits() & mask;
        while (value > most);
        return (int)value;
    }

    /// <summary>Fills with <c>randint(0, bound, length)</c>.</summary>
    public void Fill(Span<int> values, int bound)
    {
        for (int i = 0; i < values.Length; i++)
            values[i] = NextInt(bound);
    }

    /// <summary>The numbers 0 to <paramref name="length"/> − 1 as <c>permutation(length)</c> orders them.</summary>
    public int[] Permutation(int length)
    {
        int[] values = new int[length];
        for (int i = 0; i < length; i++)
            values[i] = i;
        for (int i = length - 1; i > 0; i--)
        {
            int j = NextInt(i + 1);
            (values[i], values[j]) = (values[j], values[i]);
        }

        return values;
    }

    private void Refill()
    {
        uint[] s = _state;
        for (int i = 0; i < StateLength; i++)
        {
            uint y = (s[i] & 0x8000_0000) | (s[(i + 1) % StateLength] & 0x7FFF_FFFF);
            s[i] = s[(i + Shift) % StateLength] ^ (y >> 1) ^ ((y & 1) == 0 ? 0 : 0x9908_B0DF);
        }

        _next = 0;
    }
}
