using System.Runtime.CompilerServices;

namespace Inference.Recommendations.Fusion;

/// <summary>Keeps the best k of a stream of scored rows in caller-owned memory: score descending, then row ascending.</summary>
/// <remarks>A row is one 64-bit key, smaller is better: the score mapped to an integer of the opposite order above, the row below. Keys are a heap with the worst on top until they are sorted.</remarks>
internal ref struct BestRows
{
    private readonly Span<ulong> _keys;
    private int _count;

    /// <param name="keys">Its length is k, at least 1.</param>
    public BestRows(Span<ulong> keys)
    {
        _keys = keys;
        Threshold = float.NegativeInfinity;
    }

    /// <summary>Scores below this cannot enter; an equal one can, by a smaller row.</summary>
    public float Threshold { get; private set; }

    public void Offer(int row, float score)
    {
        ulong key = KeyOf(row, score);
        if (_count < _keys.Length)
        {
            int place = _count++;
            while (place > 0 && _keys[(place - 1) / 2] < key)
            {
                _keys[place] = _keys[(place - 1) / 2];
                place = (place - 1) / 2;
            }

            _keys[place] = key;
            if (_count == _keys.Length)
                Threshold = ScoreOf(_keys[0]);
        }
        else if (key < _keys[0])
        {
            Sink(key);
            Threshold = ScoreOf(_keys[0]);
        }
    }

    /// <summary>The keys, best first; to be read with <see cref="RowOf"/> and <see cref="ScoreOf"/>.</summary>
    public readonly ReadOnlySpan<ulong> Sorted()
    {
        Span<ulong> keys = _keys[.._count];
        keys.Sort();
        return keys;
    }

    public static int RowOf(ulong key) => (int)(uint)key;

    public static float ScoreOf(ulong key)
    {
        uint order = (uint)(key >> 32);
        return BitConverter.UInt32BitsToSingle((int)order < 0 ? order : ~order & 0x7FFF_FFFF);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong KeyOf(int row, float score)
    {
        // Adding 0 makes −0 the 0 that it equals.
        uint bits = BitConverter.SingleToUInt32Bits(score + 0f);
        uint order = (int)bits < 0 ? bits : ~bits & 0x7FFF_FFFF;
        return ((ulong)order << 32) | (uint)row;
    }

    private readonly void Sink(ulong key)
    {
        int hole = 0;
        while (true)
        {
            int child = (2 * hole) + 1;
            if (child >= _count)
                break;
            if (child + 1 < _count && _keys[child + 1] > _keys[child])
                child++;
            if (_keys[child] <= key)
                break;
            _keys[hole] = _keys[child];
            hole = child;
        }

        _keys[hole] = key;
    }
}
