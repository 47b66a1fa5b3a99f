using Inference.Recommendations.Fusion;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Snapshots;
using Inference.Recommendations.Surfaces;
using Inference.Vectors;

namespace Inference.Recommendations.Retrieval;

/// <summary>
/// "content" of bundles whose fused model has no source of that name, and wherever a surface names attributes: items that share values of attributes with the latest items of the history.
/// <list type="number">
/// <item>The latest <see cref="Items"/> distinct items h_0 (the newest), h_1, … that have any of the attributes.</item>
/// <item>S(j) = Σ_k <see cref="Decay"/>^k Σ_v ln(N ∕ n_v), v over the values that j and h_k share, n_v of N items having v. A list of values is all of them.</item>
/// <item>score(j) = S(j) + <see cref="OfPopularity"/> · (1 + log10(rate_j + 1e-6) ∕ 6) where S(j) is above 0: of items that share the same, the more popular goes first.</item>
/// </list>
/// Candidates are the first <see cref="Depth"/> eligible items (or the quota, if that is more) of each value's list, most popular first, of which <see cref="ValueLists.Longest"/> are looked at; where filter and allow list
/// leave few items, all of those. The items of the history themselves are not among what is found.
/// </summary>
internal sealed class ContentRetriever : Retriever
{
    /// <summary>Items of the history that count.</summary>
    public const int Items = RecentItemsRetriever.Items;

    /// <summary>What each step into the past is multiplied with.</summary>
    public const float Decay = RecentItemsRetriever.Decay;

    /// <summary>What popularity adds at most: as much as a tenth of a percent more or fewer items with a value.</summary>
    public const float OfPopularity = 1e-3f;

    /// <summary>Eligible items of a list that become candidates.</summary>
    public const int Depth = 512;

    /// <summary>The attribute where nothing names another.</summary>
    public const string DefaultAttribute = "category";

    private readonly string[] _attributes;
    private readonly string[] _unknown;
    private readonly string[] _unique;
    private readonly bool _isOptional;

    /// <param name="attributes">From <see cref="AttributesOf"/>.</param>
    /// <param name="surface">Name of the surface, for labels.</param>
    /// <param name="isOptional">Whether nobody is told of attributes that do not serve.</param>
    public ContentRetriever(string[] attributes, string surface, bool isOptional)
        : base(Sources.Content, Sources.Content, Retrievers.Content)
    {
        (_attributes, _isOptional) = (attributes, isOptional);
        _unknown = [.. attributes.Select(name => $"The bundle has no 'content' by '{name}': no item has that attribute; the surface '{surface}' goes without.")];
        _unique = [.. attributes.Select(name => $"The bundle has no 'content' by '{name}': its values are nearly unique; the surface '{surface}' goes without.")];
    }

    public override bool ReadsHistory => true;

    /// <summary>What a surface's "content" goes by: the attributes that it names, otherwise that of the surface's coverage, otherwise the category.</summary>
    public static string[] AttributesOf(Surface surface, SurfaceRetriever listed) =>
        listed.Attributes.Count > 0 ? [.. listed.Attributes] : [surface.Slate.CoverageAttribute is { Length: > 0 } covered ? covered : DefaultAttribute];

    public override ValueTask<int> FindAsync(RetrievalInput input, RetrieverScratch scratch, Memory<Neighbor> found, CancellationToken cancellationToken) => new(Find(input, scratch, found.Span));

    public override bool Score(RetrievalInput input, RetrieverScratch scratch, ReadOnlySpan<int> rows, Span<float> scores)
    {
        Popularity popularity = input.Snapshot.Popularity;
        for (int i = 0; i < rows.Length; i++)
            scores[i] = scratch.Shared.SumOf(rows[i]) is > 0f and float sum ? ScoreOf(sum, popularity, rows[i]) : 0f;
        return true;
    }

    private static float ScoreOf(float sum, Popularity popularity, int row) => sum + (OfPopularity * (1f + (MathF.Log10(popularity.RateOf(row) + 1e-6f) / 6f)));

    private int Find(RetrievalInput input, RetrieverScratch scratch, Span<Neighbor> found)
    {
        SharedValues shared = scratch.Shared;
        Weigh(input, shared);
        if (shared.IsEmpty)
            return Silent;
        var best = new BestRows(scratch.Keys(found.Length));
        if (input.Eligible.Filter.Allowed is { Count: <= BestFirst.FewRows } allowed)
        {
            for (int row = allowed.NextFrom(0); row >= 0; row = allowed.NextFrom(row + 1))
            {
                if (input.Eligible.Allows(row))
                    Offer(input, shared, row, ref best);
            }
        }
        else
        {
            Walk(input, scratch, Math.Max(Depth, found.Length), ref best);
        }

        return BestFirst.Write(best.Sorted(), found);
    }

    private void Weigh(RetrievalInput input, SharedValues shared)
    {
        shared.Begin();
        CatalogueValueLists kept = input.Snapshot.Items.ValueLists;
        for (int i = 0; i < _attributes.Length; i++)
        {
            bool isKnown = kept.Knows(_attributes[i]);
            ValueLists? lists = isKnown ? kept.Find(_attributes[i], input.Snapshot.Popularity, input.Clock) : null;
            if (lists is { IsUnique: false })
                shared.AddAttribute(lists);
            else if (!_isOptional && (!isKnown || lists is not null))
                input.Degraded.Add(Components.Retrievers, DegradationReason.Unavailable, isKnown ? _unique[i] : _unknown[i]);
        }

        float factor = 1f;
        int items = 0;
        foreach (int row in input.Latest)
        {
            if (items == Items)
                break;
            if (!shared.AddItem(row, factor))
                continue;
            factor *= Decay;
            items++;
        }
    }

    private static void Walk(RetrievalInput input, RetrieverScratch scratch, int depth, ref BestRows best)
    {
        SharedValues shared = scratch.Shared;
        int most = 0;
        for (int attribute = 0; attribute < shared.Attributes; attribute++)
        {
            foreach (int value in shared.ValuesOf(attribute))
                most += Math.Min(shared.ListsOf(attribute).Of(value).Length, depth);
        }

        scratch.Places.Begin(most);
        for (int attribute = 0; attribute < shared.Attributes; attribute++)
        {
            foreach (int value in shared.ValuesOf(attribute))
            {
                int taken = 0;
                foreach (int row in shared.ListsOf(attribute).Of(value))
                {
                    if (taken == depth)
                        break;
                    if (!input.Eligible.Allows(row))
                        continue;
                    taken++;
                    int before = scratch.Places.Count;
                    // Each row once, whichever lists it is in.
                    if (scratch.Places.Add(row) == before)
                        Offer(input, shared, row, ref best);
                }
            }
        }
    }

    private static void Offer(RetrievalInput input, SharedValues shared, int row, ref BestRows best)
    {
        float sum = shared.SumOf(row);
        // Nothing is shared any more where the item has changed since the lists were built.
        if (sum > 0f && sum + OfPopularity >= best.Threshold && !input.Latest.Contains(row))
            best.Offer(row, ScoreOf(sum, input.Snapshot.Popularity, row));
    }
}
