using Inference.Recommendations.Fusion;
using Inference.Recommendations.Queries;
using Inference.Vectors;

namespace Inference.Recommendations.Retrieval;

/// <summary>
/// One source of the bundle's fused model, with its raw scores: "rules", "ease", … by name; also "context", "factors" or "content" where one source is all that there is of the kind. Of items that came since the
/// bundle it knows nothing.
/// </summary>
internal sealed class SourceRetriever(string name, FusedScorer scorer, int number, Retrievers kinds = Retrievers.None)
    : Retriever(name, scorer.Model.Sources[number].Kind, kinds | scorer.Model.Sources[number].Retriever)
{
    private readonly ScoreSource _source = scorer.Model.Sources[number];

    public override bool NeedsTower => _source is TowerSource;

    public override bool ReadsHistory => _source.ReadsHistory;

    public override ValueTask<int> FindAsync(RetrievalInput input, RetrieverScratch scratch, Memory<Neighbor> found, CancellationToken cancellationToken) => new(Find(input, scratch, found.Span));

    public override bool Score(RetrievalInput input, RetrieverScratch scratch, ReadOnlySpan<int> rows, Span<float> scores)
    {
        FusionInput fusion = input.ToFusion();
        FusionScratch memory = Begin(input, fusion);
        if (!scorer.IsWhole)
        {
            foreach (int row in rows)
                memory.Candidates.Add(row);
        }

        if (!Run(fusion, memory))
            return false;
        Span<float> all = memory.PartsOf(number);
        for (int i = 0; i < rows.Length; i++)
        {
            int place = rows[i] >= _source.RowCount ? -1 : scorer.IsWhole ? rows[i] : memory.Candidates.PlaceOf(rows[i]);
            scores[i] = place < 0 ? float.NaN : all[place];
        }

        return true;
    }

    private int Find(RetrievalInput input, RetrieverScratch scratch, Span<Neighbor> found)
    {
        FusionInput fusion = input.ToFusion();
        FusionScratch memory = Begin(input, fusion);
        if (!scorer.IsWhole)
            Gather(fusion, memory, found.Length);
        if (!Run(fusion, memory))
            return Silent;

        ReadOnlySpan<float> scores = memory.PartsOf(number);
        ReadOnlySpan<int> rows = scorer.IsWhole ? default : memory.Candidates.Rows;
        // A sparse source gives 0 to all that it says nothing of.
        float above = _source.IsSparse ? 0f : float.NegativeInfinity;
        var best = new BestRows(scratch.Keys(found.Length));
        for (int place = 0; place < scores.Length; place++)
        {
            if (!(scores[place] > above && scores[place] >= best.Threshold))
                continue;
            int row = rows.IsEmpty ? place : rows[place];
            if (input.Eligible.Allows(row))
                best.Offer(row, scores[place]);
        }

        return BestFirst.Write(best.Sorted(), found);
    }

    private FusionScratch Begin(RetrievalInput input, in FusionInput fusion)
    {
        FusionScratch memory = input.SharedScratch();
        memory.Begin(fusion.History, scorer.Model.RowCount, input.Eligible.Filter);
        memory.Pass(fusion.Passed, fusion.PassedStrengths, scorer.Model.RowCount);
        if (!scorer.IsWhole)
            memory.Candidates.Begin(scorer.Model.RowCount, default);
        return memory;
    }

    private void Gather(in FusionInput fusion, FusionScratch memory, int most)
    {
        if (memory.Filter.Allowed is { Count: <= FusedScorer.AllowedRows } allowed)
        {
            for (int row = allowed.NextFrom(0); row >= 0; row = allowed.NextFrom(row + 1))
                memory.Candidates.Add(row);
        }
        else
        {
            _source.Propose(fusion, memory, most);
        }
    }

    private bool Run(in FusionInput fusion, FusionScratch memory)
    {
        memory.Size(scorer.IsWhole ? scorer.Model.RowCount : memory.Candidates.Count, scorer.IsWhole);
        RowsToScore rows = scorer.IsWhole ? new RowsToScore(scorer.Model.RowCount) : new RowsToScore(memory.Candidates.Rows, memory.Candidates.Slots);
        return _source.Score(fusion, memory, rows, memory.PartsOf(number));
    }
}
