namespace Inference.Recommendations.Fusion;

/// <summary>Keeps the scratch of past runs for later ones, without a lock and without an allocation; what is given back beyond two per core goes to the collector.</summary>
internal sealed class FusionScratchPool(int sources)
{
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
        foreach (ref FusionScratch? slot in _free.AsSpan())
        {
            if (Volatile.Read(ref slot) is null && Interlocked.CompareExchange(ref slot, scratch, null) is null)
                return;
        }
    }
}
