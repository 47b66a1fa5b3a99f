using System.Buffers;
using System.Diagnostics;

namespace Grpc.Core.Wire;

/// <summary>
/// A growing buffer over the array pool with at most a set number of bytes. Whoever made it disposes it; spans and sequences of it end with that.
/// </summary>
internal sealed class PooledBuffer : IBufferWriter<byte>, IDisposable
{
    private const int FirstSize = 1024;

    private byte[] _bytes;

    /// <summary>Makes an empty buffer.</summary>
    /// <param name="sizeHint">Bytes expected; more are possible.</param>
    public PooledBuffer(int sizeHint = FirstSize) => _bytes = ArrayPool<byte>.Shared.Rent(Math.Max(sizeHint, FirstSize));

    /// <summary>Bytes written so far.</summary>
    public int Count { get; private set; }

    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Count);

    public Memory<byte> WrittenMemory => _bytes.AsMemory(0, Count);

    public ReadOnlySequence<byte> WrittenSequence => new(_bytes, 0, Count);

    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, _bytes.Length - Count);
        Count += count;
    }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _bytes.AsMemory(Count);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _bytes.AsSpan(Count);
    }

    public void Dispose()
    {
        var bytes = _bytes;
        _bytes = [];
        Count = 0;
        if (bytes.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    private void Reserve(int sizeHint)
    {
        Debug.Assert(_bytes.Length > 0, "The buffer is in use after its disposal.");
        sizeHint = Math.Max(sizeHint, 1);
        if (_bytes.Length - Count >= sizeHint)
        {
            return;
        }

        var doubled = (int)Math.Min(2L * _bytes.Length, Array.MaxLength);
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(doubled, checked(Count + sizeHint)));
        Written.CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = larger;
    }
}
