using System.Runtime.InteropServices;

namespace Inference.Recommendations.Snapshots;

/// <summary>Records of bytes behind one another in native memory, each found again by its place. Filled by one thread, then read by anybody.</summary>
/// <remarks>
/// Native, because records come and go with a snapshot: as arrays they would be copied from generation to generation, or bring the next full collection nearer, with each version that is loaded.
/// The owner disposes it once nobody reads; one that is forgotten is covered by the finalizer.
/// </remarks>
internal sealed unsafe class RecordStore : IDisposable
{
    /// <summary>Small enough that what the last block does not use is no loss, and that freeing one is over at once.</summary>
    private const int BlockBytes = 64 << 10;

    private readonly List<Block> _blocks = [];
    private int _used;

    ~RecordStore() => Free();

    /// <summary>Bytes of all blocks.</summary>
    public long Bytes { get; private set; }

    /// <summary>Copies a record; returns its place.</summary>
    public long Add(ReadOnlySpan<byte> record)
    {
        if (_blocks.Count == 0 || _blocks[^1].Length - _used < record.Length)
        {
            // What is left over of the block before is less than a record.
            int length = Math.Max(record.Length, BlockBytes);
            _blocks.Add(new Block((nint)NativeMemory.Alloc((nuint)length), length));
            Bytes += length;
            _used = 0;
        }

        record.CopyTo(new Span<byte>((byte*)_blocks[^1].Start + _used, record.Length));
        long place = ((long)(_blocks.Count - 1) << 32) | (uint)_used;
        _used += record.Length;
        return place;
    }

    /// <summary>What lies at a place, and behind it to the end of the block: a record knows its length. Valid until the store is disposed.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such place, or the store is disposed.</exception>
    public ReadOnlySpan<byte> At(long place)
    {
        Block block = _blocks[(int)(place >> 32)];
        int offset = (int)place;
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)offset, (uint)block.Length);
        return new ReadOnlySpan<byte>((byte*)block.Start + offset, block.Length - offset);
    }

    /// <summary>Frees the memory. Nobody reads any more.</summary>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        foreach (Block block in _blocks)
            NativeMemory.Free((void*)block.Start);
        _blocks.Clear();
        Bytes = 0;
    }

    private readonly record struct Block(nint Start, int Length);
}
