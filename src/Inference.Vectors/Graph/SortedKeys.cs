using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Inference.Vectors.Graph.Kernels;

namespace Inference.Vectors.Graph;

/// <summary>The nearest nodes found so far, as ascending 64-bit keys in native memory: distance in the high half, then node and a bit that says whether it was expanded.</summary>
/// <remarks>
/// Insertion counts the smaller keys with vector compares and moves the rest by one: for some hundred keys that is faster than a heap, and the next node to expand is
/// always the first one that is not. Behind the last key lie largest keys, so that a whole register can be compared.
/// </remarks>
internal unsafe struct SortedKeys
{
    /// <summary>Keys that must be allocated behind the capacity.</summary>
    public const int Slack = 16;

    private const ulong Expanded = 1;

    private readonly ulong* _keys;
    private int _capacity;
    private int _cursor;

    public SortedKeys(ulong* keys)
    {
        _keys = keys;
    }

    public int Count { get; private set; }

    /// <summary>Distances from here on do not get in.</summary>
    public float Limit
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        readonly get;
        private set;
    }

    public readonly ulong this[int i] => _keys[i];

    public static int NodeOf(ulong key) => (int)((uint)key >> 1);

    public static float DistanceOf(ulong key)
    {
        uint order = (uint)(key >> 32);
        return BitConverter.UInt32BitsToSingle((int)order < 0 ? order & 0x7FFF_FFFF : ~order);
    }

    /// <summary>Empties the list and sets how many it keeps.</summary>
    public void Reset(int capacity)
    {
        new Span<ulong>(_keys, capacity + Slack).Fill(ulong.MaxValue);
        _capacity = capacity;
        _cursor = 0;
        Count = 0;
        Limit = float.PositiveInfinity;
    }

    /// <summary>Puts a node in its place. The distance is below <see cref="Limit"/> and no NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Insert<TKernels>(float distance, int node)
        where TKernels : struct, IGraphKernels
    {
        uint bits = BitConverter.SingleToUInt32Bits(distance);
        // Ascending floats as ascending unsigned integers.
        bits ^= (uint)((int)bits >> 31) | 0x8000_0000;
        ulong key = (ulong)bits << 32 | (uint)node << 1;
        int rank = TKernels.Rank(_keys, Count, key);
        if (rank >= _capacity)
            return;
        int moved = Math.Min(Count, _capacity - 1) - rank;
        if (moved > 0)
            Move(_keys + rank, moved);
        _keys[rank] = key;
        if (Count < _capacity)
            Count++;
        if (rank < _cursor)
            _cursor = rank;
        if (Count == _capacity)
            Limit = DistanceOf(_keys[_capacity - 1]);
    }

    /// <summary>The nearest node that was not expanded, marked as expanded from now on; −1 when all are.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Expand() => Expand(out _);

    /// <summary>As <see cref="Expand()"/>, with the key.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Expand(out ulong key)
    {
        key = 0;
        int i = _cursor;
        while (i < Count && (_keys[i] & Expanded) != 0)
            i++;
        _cursor = i;
        if (i == Count)
            return -1;
        key = _keys[i];
        _keys[i] = key | Expanded;
        _cursor = i + 1;
        return NodeOf(key);
    }

    /// <summary>The node that <see cref="Expand()"/> would give; −1 when there is none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly int Peek()
    {
        for (int i = _cursor; i < Count; i++)
        {
            if ((_keys[i] & Expanded) == 0)
                return NodeOf(_keys[i]);
        }
        return -1;
    }

    /// <summary>Moves keys up by one place.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Move(ulong* from, int count)
    {
        // From the end, so that nothing is overwritten before it is read.
        // Only registers that the machine has: in place of a larger one the JIT copies its parts one by one, and each overwrites the first key of the next.
        int i = count;
        if (Vector512.IsHardwareAccelerated)
        {
            for (; i >= 8; i -= 8)
                Vector512.Load(from + i - 8).Store(from + i - 7);
        }
        else if (Vector256.IsHardwareAccelerated)
        {
            for (; i >= 4; i -= 4)
                Vector256.Load(from + i - 4).Store(from + i - 3);
        }
        else if (Vector128.IsHardwareAccelerated)
        {
            for (; i >= 2; i -= 2)
                Vector128.Load(from + i - 2).Store(from + i - 1);
        }
        for (; i > 0; i--)
            from[i] = from[i - 1];
    }
}
