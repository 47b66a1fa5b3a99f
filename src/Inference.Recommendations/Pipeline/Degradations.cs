using Inference.Recommendations.Queries;

namespace Inference.Recommendations.Pipeline;

/// <summary>Collects what made one reply less than it could have been. Allocates only when something did.</summary>
internal sealed class Degradations
{
    private static readonly IReadOnlyList<Degradation> Nothing = [];
    private List<Degradation>? _list;

    public IReadOnlyList<Degradation> List => _list ?? Nothing;

    public void Add(string component, DegradationReason reason, string detail) => (_list ??= []).Add(new Degradation(component, reason, detail));
}
