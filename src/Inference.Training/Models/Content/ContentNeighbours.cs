using Inference.Training.Features;
using Inference.Training.Splits;

namespace Inference.Training.Models;

/// <summary>
/// Finds the items of the catalogue whose content is most like that of one, with scratch of the catalogue's length. One thread.
/// <list type="number">
/// <item>Candidates are the items that share a term with it, from its rarest term on, until there are as many as may be looked at; of the term that has more than there is room for, an even choice.</item>
/// <item>The candidates with the highest cosines are kept.</item>
/// </list>
/// </summary>
internal sealed class ContentNeighbours
{
    private readonly ItemTraits _traits;
    private readonly RowLists _byTerm;
    private readonly int _catalogue;
    private readonly int _mostCandidates;
    private readonly double[] _profile;
    private readonly int[] _seen;
    private readonly List<int> _candidates = [];

    /// <param name="traits">Content of all items.</param>
    /// <param name="byTerm">Items per term, ascending.</param>
    /// <param name="catalogue">Items of the catalogue, the first ones.</param>
    /// <param name="neighbours">Items to find, at least 1.</param>
    /// <param name="mostCandidates">Items to look at, at least 1.</param>
    public ContentNeighbours(ItemTraits traits, RowLists byTerm, int catalogue, int neighbours, int mostCandidates)
    {
        (_traits, _byTerm, _catalogue, _mostCandidates) = (traits, byTerm, catalogue, mostCandidates);
        _profile = new double[traits.TermCount];
        _seen = new int[catalogue];
        Array.Fill(_seen, -1);
        Items = new int[Math.Min(neighbours, catalogue)];
        Cosines = new double[Items.Length];
    }

    /// <summary>How many were found.</summary>
    public int Count { get; private set; }

    /// <summary>The first <see cref="Count"/> are the items, the most alike first; of equals, the lower number.</summary>
    public int[] Items { get; }

    /// <summary>Their cosines, above 0.</summary>
    public double[] Cosines { get; }

    /// <param name="item">The item, which is none of its own neighbours; each is asked for once.</param>
    public void Find(int item)
    {
        ReadOnlySpan<int> terms = _traits.Terms[item];
        int first = _traits.Terms.Offsets[item];
        Gather(item, terms);
        for (int i = 0; i < terms.Length; i++)
            _profile[terms[i]] = _traits.TermWeights[first + i];
        Count = 0;
        foreach (int candidate in _candidates)
            Offer(candidate, ContentProduct.Dot(_traits, candidate, _profile));
        foreach (int term in terms)
            _profile[term] = 0;
    }

    private void Gather(int item, ReadOnlySpan<int> terms)
    {
        int[] rarest = terms.ToArray();
        Array.Sort(rarest, (a, b) => _byTerm[a].Length != _byTerm[b].Length ? _byTerm[a].Length.CompareTo(_byTerm[b].Length) : a.CompareTo(b));
        _candidates.Clear();
        foreach (int term in rarest)
        {
            ReadOnlySpan<int> owners = _byTerm[term];
            // Some are candidates already, so that a step may find fewer than there is room for.
            int room = _mostCandidates - _candidates.Count, step = room > 0 && _catalogue > _mostCandidates ? Math.Max(1, owners.Length / room) : 1;
            for (int i = 0; i < owners.Length && _candidates.Count < _mostCandidates; i += step)
            {
                int other = owners[i];
                if (other >= _catalogue || other == item || _seen[other] == item)
                    continue;
                _seen[other] = item;
                _candidates.Add(other);
            }
        }

        _candidates.Sort();
    }

    private void Offer(int candidate, double cosine)
    {
        if (!(cosine > 0) || (Count == Items.Length && cosine <= Cosines[Count - 1]))
            return;
        int place = Count < Items.Length ? Count++ : Count - 1;
        for (; place > 0 && cosine > Cosines[place - 1]; place--)
            (Items[place], Cosines[place]) = (Items[place - 1], Cosines[place - 1]);
        (Items[place], Cosines[place]) = (candidate, cosine);
    }
}
