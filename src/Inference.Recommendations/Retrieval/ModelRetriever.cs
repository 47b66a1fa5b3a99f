using Inference.Recommendations.Fusion;
using Inference.Recommendations.Pipeline;
using Inference.Recommendations.Queries;
using Inference.Vectors;

namespace Inference.Recommendations.Retrieval;

/// <summary>The bundle's fused model, whole ("learned") or the sources of one kind ("neighbours"), as one retriever: its score is the learned sum for the number of known events.</summary>
/// <param name="name">As the surface lists it.</param>
/// <param name="source">What items that it found say of where they come from.</param>
/// <param name="scorer">Runs the model.</param>
/// <param name="kinds">Kinds of sources that count.</param>
internal sealed class ModelRetriever(string name, string source, FusedScorer scorer, Retrievers kinds) : Retriever(name, source, kinds)
{
    private readonly float[] _factors = [.. scorer.Model.Sources.Select(part => (part.Retriever & kinds) != 0 ? 1f : 0f)];
    private readonly bool _isSparse = scorer.Model.Sources.All(part => (part.Retriever & kinds) == 0 || part.IsSparse);

    public override bool NeedsTower { get; } = scorer.Model.Sources.Any(part => part is TowerSource && (part.Retriever & kinds) != 0);

    public override bool ReadsHistory { get; } = scorer.Model.Sources.Any(part => part.ReadsHistory && (part.Retriever & kinds) != 0);

    public override ValueTask<int> FindAsync(RetrievalInput input, RetrieverScratch scratch, Memory<Neighbor> found, CancellationToken cancellationToken) => new(Find(input, scratch, found.Span));

    public override bool Score(RetrievalInput input, RetrieverScratch scratch, ReadOnlySpan<int> rows, Span<float> scores)
    {
        if (scratch.Fused is not { } memory)
            return false;
        FusionInput fusion = input.ToFusion();
        var changed = new ChangedRows(input.Snapshot, scorer.Model, memory, input.Clock);
        for (int i = 0; i < rows.Length; i++)
            scores[i] = ScoreOf(rows[i], fusion, memory, changed);
        return true;
    }

    private int Find(RetrievalInput input, RetrieverScratch scratch, Span<Neighbor> found)
    {
        FusionInput fusion = input.ToFusion();
        // Kept until the request ends: others may have found rows that it is asked to score.
        FusionScratch memory = scratch.Fused = scorer.Rent();
        scorer.Run(fusion, memory, scorer.IsWhole, input.Eligible.Filter, found.Length, input.Clock, new FusionMix { Factors = _factors, CandidatesPerSource = found.Length });
        bool spoke = false;
        foreach (SourceOutcome outcome in memory.Outcomes)
            spoke |= outcome == SourceOutcome.Scored;
        if (!spoke)
            return Silent;
        var changed = new ChangedRows(input.Snapshot, scorer.Model, memory, input.Clock);
        changed.ScoreMoved(fusion);
        return BestFirst.Write(changed.Best(fusion, input.Eligible, scratch.Keys(found.Length), _isSparse ? ScoreOfNothing(memory) : float.NegativeInfinity), found);
    }

    private float ScoreOf(int row, in FusionInput fusion, FusionScratch memory, in ChangedRows changed)
    {
        if (row >= scorer.Model.RowCount)
        {
            Span<float> parts = stackalloc float[scorer.Model.Sources.Count];
            changed.Parts(row, fusion, parts);
            float sum = 0;
            foreach (float part in parts)
                sum += part;
            return sum;
        }

        int place = memory.IsWhole ? row : memory.Candidates.PlaceOf(row);
        return place < 0 ? float.NaN : memory.Fused[place];
    }

    /// <summary>What an item gets of which sparse sources say nothing.</summary>
    private static float ScoreOfNothing(FusionScratch memory)
    {
        float sum = 0;
        for (int i = 0; i < memory.Outcomes.Length; i++)
        {
            if (memory.Outcomes[i] == SourceOutcome.Scored)
                sum -= memory.Factors[i] * memory.Means[i];
        }

        // What rounding makes of it in the sum is above nothing, too.
        return sum + (1e-5f * MathF.Max(MathF.Abs(sum), 1e-3f));
    }
}
