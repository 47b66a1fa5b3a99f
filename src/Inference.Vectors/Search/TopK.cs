using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Inference.Vectors.Search;

/// <summary>Keeps the best k rows of a stream of scores in any order, using nothing but the caller's result span.</summary>
/// <remarks>
/// A row is a 64-bit key, smaller is better: the score mapped to an integer of the opposite order in the high half, the row in the low half. So one
/// comparison ranks by score descending, then row ascending, and no two rows are equal.
/// <list type="number">
/// <item>The first k keys are appended; then they are made a heap with the worst on top.</item>
/// <item>A key better than the top replaces it and sinks.</item>
/// <item>At the end the keys are sorted and decoded in place.</item>
/// </list>
/// </remarks>
internal ref struct TopK
{
    private readonly Span<ulong> _keys;
    private int _count;

    /// <summary>Collects into <paramref name="results"/>; its length is k, at least 1.</summary>
    public TopK(Span<Neighbor> results)
    {
        Debug.Assert(!results.IsEmpty);
        // The eight bytes of a Neighbor serve as a key until Complete turns them back.
        _keys = MemoryMarshal.Cast<Neighbor, ulong>(results);
        Threshold = float.NegativeInfinity;
    }

    /// <summary>Scores below this cannot enter. An equal score can, by a smaller row.</summary>
    public float Threshold
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        readonly get;
        private set;
    }

    /// <summary>Takes a row into account. The score is no NaN and no −0, and at least <see cref="Threshold"/>, or the call is for nothing.</summary>
    public void Offer(int row, float score)
    {
        Debug.Assert(!float.IsNaN(score) && !(score == 0 && float.IsNegative(score)));
        ulong key = Encode(row, score);
        if (_count < _keys.Length)
        {
            _keys[_count++] = key;
            if (_count == _keys.Length)
                MakeHeap();
        }
        else if (key < _keys[0])
        {
            Sink(0, key);
            Threshold = DecodeScore(_keys[0]);
        }
    }

    /// <summary>Writes the rows, best first, and returns how many there are.</summary>
    public readonly int Complete()
    {
        Span<ulong> keys = _keys[.._count];
        keys.Sort();
        for (int i = 0; i < keys.Length; i++)
        {
            ulong key = keys[i];
            Unsafe.As<ulong, Neighbor>(ref keys[i]) = new Neighbor((int)key, DecodeScore(key));
        }
        return _count;
    }

    /// <summary>Worse scores give larger integers: negative floats keep their bits, for they grow with the magnitude; positive ones are turned round below them.</summary>
    private static ulong Encode(int row, float score)
    {
        uint bits = BitConverter.SingleToUInt32Bits(score);
        uint order = (int)bits < 0 ? bits : ~bits & 0x7FFF_FFFF;
        return ((ulong)order << 32) | (uint)row;
    }

    private static float DecodeScore(ulong key)
    {
        uint order = (uint)(key >> 32);
        return BitConverter.UInt32BitsToSingle((int)order < 0 ? order : ~order & 0x7FFF_FFFF);
    }

    private void MakeHeap()
    {
        for (int parent = (_keys.Length >> 1) - 1; parent >= 0; parent--)
            Sink(parent, _keys[parent]);
        Threshold = DecodeScore(_keys[0]);
    }

    /// <summary>Puts a key where <paramref name="hole"/> is or below it, lifting worse keys.</summary>
    private readonly void Sink(int hole, ulong key)
    {
        Span<ulong> keys = _keys;
        while (true)
        {
            int child = 2 * hole + 1;
            if ((uint)child >= (uint)keys.Length)
                break;
            int right = child + 1;
            if ((uint)right < (uint)keys.Length && keys[right] > keys[child])
                child = right;
            if (keys[child] <= key)
                break;
            keys[hole] = keys[child];
            hole = child;
        }
        keys[hole] = key;
    }
}
