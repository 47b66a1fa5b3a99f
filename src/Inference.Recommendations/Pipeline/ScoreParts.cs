using System.Runtime.InteropServices;
using Inference.Recommendations.Queries;

namespace Inference.Recommendations.Pipeline;

/// <summary>What the scores of a slate's rows are made of, for replies that explain themselves. The contributions of a row add up to its score at every moment: whoever changes a score says by what.</summary>
internal sealed class ScoreParts
{
    private readonly Dictionary<int, List<ScorePart>> _rows = [];

    /// <summary>Adds a part of a row's score.</summary>
    public void Add(int row, ScorePart part)
    {
        ref List<ScorePart>? parts = ref CollectionsMarshal.GetValueRefOrAddDefault(_rows, row, out _);
        // Most scores are one source's own.
        (parts ??= new List<ScorePart>(1)).Add(part);
    }

    /// <summary>Adds parts of a row's score.</summary>
    /// <returns>As many places as there are parts, to be written at once.</returns>
    public Span<ScorePart> AddMany(int row, int count)
    {
        ref List<ScorePart>? parts = ref CollectionsMarshal.GetValueRefOrAddDefault(_rows, row, out _);
        parts ??= new List<ScorePart>(count);
        int before = parts.Count;
        CollectionsMarshal.SetCount(parts, before + count);
        return CollectionsMarshal.AsSpan(parts)[before..];
    }

    /// <summary>Makes a part the whole score: what the others gave stays to be read, and adds nothing any more. One of the same name makes place for it.</summary>
    public void Replace(int row, ScorePart whole)
    {
        bool isThere = false;
        if (_rows.TryGetValue(row, out List<ScorePart>? parts))
        {
            foreach (ref ScorePart part in CollectionsMarshal.AsSpan(parts))
            {
                bool isSame = part.Name == whole.Name;
                part = isSame ? whole : part with { Contribution = 0 };
                isThere |= isSame;
            }
        }

        if (!isThere)
            Add(row, whole);
    }

    /// <summary>The parts of a row; none for one that nobody spoke of.</summary>
    public IReadOnlyList<ScorePart> Of(int row) => _rows.TryGetValue(row, out List<ScorePart>? parts) ? parts : [];
}
