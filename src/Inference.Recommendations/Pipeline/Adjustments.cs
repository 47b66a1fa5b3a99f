using System.Runtime.InteropServices;
using Inference.Recommendations.Queries;

namespace Inference.Recommendations.Pipeline;

/// <summary>What moved the rows of a slate.</summary>
internal sealed class Adjustments
{
    private readonly Dictionary<int, List<Adjustment>> _rows = [];

    /// <summary>Notes what moved a row.</summary>
    public void Add(int row, Adjustment adjustment)
    {
        ref List<Adjustment>? adjustments = ref CollectionsMarshal.GetValueRefOrAddDefault(_rows, row, out _);
        (adjustments ??= []).Add(adjustment);
    }

    /// <summary>What moved a row, in order.</summary>
    public IReadOnlyList<Adjustment> Of(int row) => _rows.TryGetValue(row, out List<Adjustment>? adjustments) ? adjustments : [];
}
