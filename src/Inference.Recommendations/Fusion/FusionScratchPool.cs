namespace Inference.Recommendations.Fusion;

/// <summary>Keeps the scratch of past runs for later ones, without a lock and without an allocation. Two per core are kept, of large ones one per core; what is given back beyond goes to the collector.</summary>
/// <param name="sources">Of the model.</param>
/// <param name="largeBytes">What takes more is large: below it a thread that was interrupted in a run shall not cost the next one an allocation, above it memory counts for more.</param>
internal sealed class FusionScratchPool(int sources, long largeBytes = FusionScratchPool.LargeBytes)
{
    /// <summary>As 10 sources over 300,000 items take.</summary>
    public const long LargeBytes = 16 << 20;

    private readonly FusionScratch?[] _free = new FusionScratch?[2 * Environment.ProcessorCount];

    public FusionScratch Rent()
    {
        foreach (ref FusionScratch? slot in _free.AsSpan())
        {
            if (Volatile.Read(ref slot) is not null && Interlocked.Exchange(ref slot, null) is { } scratch)
                return scratch;
        }

        return new FusionScratch(sources);
    }

    public void Return(FusionScratch scratch)
    {
        int kept = scratch.Bytes > largeBytes ? _free.Length / 2 : _free.Length;
        foreach (ref FusionScratch? slot in _free.AsSpan(0, kept))
        {
            if (Volatile.Read(ref slot) is null && Interlocked.CompareExchange(ref slot, scratch, null) is null)
                return;
        }
    }
}
