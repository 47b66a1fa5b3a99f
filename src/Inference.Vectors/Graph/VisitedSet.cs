using System.Runtime.CompilerServices;

namespace Inference.Vectors.Graph;

/// <summary>Which nodes a search has seen: open addressing with linear probing in native memory, cleared before each search.</summary>
internal unsafe struct VisitedSet
{
    private uint* _slots;
    private uint _mask;
    private int _shift;
    private int _free;

    /// <summary>Whether the set is more than half full, and needs <see cref="Grow"/> before the next additions.</summary>
    public readonly bool IsFull => _free <= 0;

    /// <summary>Slots in use of the memory.</summary>
    public readonly uint SlotCount => _mask + 1;

    /// <summary>Empties the set and lets it use <paramref name="slotCount"/> slots, a power of two.</summary>
    public void Reset(uint* slots, uint slotCount)
    {
        _slots = slots;
        _mask = slotCount - 1;
        _shift = 32 - System.Numerics.BitOperations.Log2(slotCount);
        _free = (int)(slotCount / 2);
        new Span<uint>(slots, (int)slotCount).Clear();
    }

    /// <summary>Adds a node; false when it was there.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Add(int node)
    {
        uint wanted = (uint)node + 1;
        // Fibonacci hashing.
        uint slot = wanted * 2654435769u >> _shift;
        while (true)
        {
            uint found = _slots[slot];
            if (found == 0)
                break;
            if (found == wanted)
                return false;
            slot = slot + 1 & _mask;
        }
        _slots[slot] = wanted;
        _free--;
        return true;
    }

    /// <summary>Moves the members into larger memory.</summary>
    public void Grow(uint* slots, uint slotCount)
    {
        uint* old = _slots;
        uint oldCount = SlotCount;
        Reset(slots, slotCount);
        for (uint i = 0; i < oldCount; i++)
        {
            if (old[i] != 0)
                Add((int)(old[i] - 1));
        }
    }
}
