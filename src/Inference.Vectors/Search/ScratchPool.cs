namespace Inference.Vectors.Search;

/// <summary>Keeps the scratch of past searches for later ones, without a lock and without an allocation.</summary>
/// <remarks>Holds as many as searches can run at once without waiting for a core, twice over; what is given back beyond that goes to the collector.</remarks>
internal sealed class ScratchPool<T>(Func<T> create)
    where T : class
{
    private readonly T?[] _free = new T?[2 * Environment.ProcessorCount];

    /// <summary>One that nobody else uses, in the state in which it was given back.</summary>
    public T Rent()
    {
        foreach (ref T? slot in _free.AsSpan())
        {
            if (Volatile.Read(ref slot) is not null && Interlocked.Exchange(ref slot, null) is { } scratch)
                return scratch;
        }
        return create();
    }

    /// <summary>Gives one back; not to be used by the caller any more.</summary>
    public void Return(T scratch)
    {
        foreach (ref T? slot in _free.AsSpan())
        {
            if (Volatile.Read(ref slot) is null && Interlocked.CompareExchange(ref slot, scratch, null) is null)
                return;
        }
    }
}
