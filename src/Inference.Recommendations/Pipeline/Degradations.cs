using Inference.Recommendations.Queries;

namespace Inference.Recommendations.Pipeline;

/// <summary>Collects what made one reply less than it could have been. Allocates only when something did. Parts of a request that run beside each other may add at once.</summary>
internal sealed class Degradations
{
    private Degradation[] _list = [];

    public IReadOnlyList<Degradation> List => Volatile.Read(ref _list);

    public void Add(string component, DegradationReason reason, string detail)
    {
        var added = new Degradation(component, reason, detail);
        Degradation[] before = Volatile.Read(ref _list);
        while (true)
        {
            Degradation[] found = Interlocked.CompareExchange(ref _list, [.. before, added], before);
            if (found == before)
                return;
            before = found;
        }
    }
}
