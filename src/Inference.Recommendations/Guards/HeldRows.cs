using System.Buffers;

namespace Inference.Recommendations.Guards;

/// <summary>Rows that a reply leaves out because of what the user did.</summary>
internal readonly struct HeldRows : IDisposable
{
    private readonly int[]? _rented;

    /// <summary>What was seen, and nothing that is capped.</summary>
    public HeldRows(ReadOnlyMemory<int> seen) => Seen = seen;

    /// <param name="rented">Seen rows, then capped ones. Goes back to the shared pool.</param>
    /// <param name="seen">How many were seen; −1 where <paramref name="allSeen"/> says it.</param>
    /// <param name="capped">How many are capped.</param>
    /// <param name="allSeen">Rows that were seen, where the array does not hold them.</param>
    public HeldRows(int[] rented, int seen, int capped, ReadOnlyMemory<int> allSeen)
    {
        _rented = rented;
        Seen = seen < 0 ? allSeen : rented.AsMemory(0, seen);
        Capped = rented.AsMemory(Math.Max(0, seen), capped);
    }

    /// <summary>Not shown unless nothing else may be.</summary>
    public ReadOnlyMemory<int> Seen { get; }

    /// <summary>Shown too often without a click: not shown unless the slate were shorter for it.</summary>
    public ReadOnlyMemory<int> Capped { get; }

    public void Dispose()
    {
        if (_rented is not null)
            ArrayPool<int>.Shared.Return(_rented);
    }
}
