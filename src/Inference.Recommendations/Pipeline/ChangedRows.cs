using Inference.Recommendations.Fusion;
using Inference.Recommendations.Snapshots;

namespace Inference.Recommendations.Pipeline;

/// <summary>
/// Scores items that are not as the bundle brought them. Those that came since are scored by the towers, who know where they lie; every other source gives them what it gives to the average item, 0, and where
/// the model has weights for new items, these are new, too. Those that were replaced keep what other sources say of them. Rows go in blocks; once the time of the sources is over no further block begins.
/// </summary>
internal struct ChangedRows(Snapshot snapshot, FusionModel model, FusionScratch scratch, FusionClock clock)
{
    /// <summary>Rows between two looks at the clock.</summary>
    public const int BlockRows = 256;

    /// <summary>Whether the time was over before all rows had their turn: moved ones then lie where the bundle had them, and added ones are not offered.</summary>
    public bool IsLate { get; private set; }

    /// <summary>Whether a source scores items that came since; others say nothing of them.</summary>
    public readonly bool Speaks(int source) =>
        // Where ranks are added up, an item without a rank gets nothing.
        model.Weights is not null && scratch.Outcomes[source] == SourceOutcome.Scored && model.Sources[source] is TowerSource;

    /// <summary>The eligible items with the highest scores of those that were scored, those that came since among them.</summary>
    /// <param name="keys">Memory for as many as are wanted, at least 1.</param>
    /// <param name="above">Scores up to this are left out.</param>
    /// <returns>Keys of <see cref="BestRows"/>, best first.</returns>
    public ReadOnlySpan<ulong> Best(in FusionInput input, Eligibility eligible, Span<ulong> keys, float above = float.NegativeInfinity)
    {
        var best = new BestRows(keys);
        ReadOnlySpan<float> scores = scratch.Fused;
        ReadOnlySpan<int> rows = scratch.IsWhole ? default : scratch.Candidates.Rows;
        for (int place = 0; place < scores.Length; place++)
        {
            if (!(scores[place] >= best.Threshold && scores[place] > above))
                continue;
            int row = rows.IsEmpty ? place : rows[place];
            if (eligible.Allows(row))
                best.Offer(row, scores[place]);
        }

        OfferAdded(input, eligible, ref best);
        return best.Sorted();
    }

    /// <summary>What each source adds to the score of a row that was scored.</summary>
    public readonly void PartsOf(int row, in FusionInput input, Span<float> parts)
    {
        if (row >= model.RowCount)
        {
            Parts(row, input, parts);
            return;
        }

        int place = scratch.IsWhole ? row : scratch.Candidates.PlaceOf(row);
        for (int i = 0; i < parts.Length; i++)
            parts[i] = place < 0 ? 0f : scratch.PartOf(i, place);
    }

    /// <summary>Offers the items that came since and may be shown.</summary>
    public void OfferAdded(in FusionInput input, Eligibility eligible, ref BestRows best)
    {
        Span<int> rows = stackalloc int[BlockRows];
        Span<float> fused = stackalloc float[BlockRows], scores = stackalloc float[BlockRows];
        int row = model.RowCount;
        while (true)
        {
            int count = 0;
            for (; row < eligible.Rows.RowCount && count < BlockRows; row++)
            {
                if (eligible.Allows(row))
                    rows[count++] = row;
            }

            if (count == 0 || IsOver())
                return;
            fused[..count].Clear();
            for (int i = 0; i < model.Sources.Count; i++)
            {
                if (!Speaks(i))
                    continue;
                snapshot.Index.Score(((TowerSource)model.Sources[i]).EmbeddingOf(input), rows[..count], scores);
                for (int place = 0; place < count; place++)
                    fused[place] += PartOf(i, scores[place]);
            }

            for (int place = 0; place < count; place++)
                best.Offer(rows[place], fused[place]);
        }
    }

    /// <summary>What each source adds to the score of an item that came since.</summary>
    public readonly void Parts(int row, in FusionInput input, Span<float> parts)
    {
        for (int i = 0; i < parts.Length; i++)
            parts[i] = Speaks(i) ? PartOf(i, snapshot.Index.Score(((TowerSource)model.Sources[i]).EmbeddingOf(input), row)) : 0f;
    }

    /// <summary>What a source itself says of an item that came since; null where it says nothing.</summary>
    public readonly float? ScoreOf(int source, int row, in FusionInput input) =>
        Speaks(source) && snapshot.Index.Score(((TowerSource)model.Sources[source]).EmbeddingOf(input), row) is var score && !float.IsNaN(score) ? score : null;

    /// <summary>Scores the bundle's rows once more by the towers where their vectors are others now.</summary>
    public void ScoreMoved(in FusionInput input)
    {
        // Candidates of large catalogues are scored by the index that serves, which knows.
        if (!scratch.IsWhole)
            return;
        Span<float> scores = stackalloc float[BlockRows];
        ReadOnlySpan<int> moved = snapshot.Editor.MovedRows;
        for (int begin = 0; begin < moved.Length; begin += BlockRows)
        {
            if (IsOver())
                return;
            ReadOnlySpan<int> rows = moved.Slice(begin, Math.Min(BlockRows, moved.Length - begin));
            for (int i = 0; i < model.Sources.Count; i++)
            {
                if (!Speaks(i))
                    continue;
                snapshot.Index.Score(((TowerSource)model.Sources[i]).EmbeddingOf(input), rows, scores);
                Span<float> parts = scratch.PartsOf(i);
                for (int place = 0; place < rows.Length; place++)
                {
                    if (float.IsNaN(scores[place]))
                        continue;
                    int row = rows[place];
                    float part = scores[place] - scratch.Means[i];
                    scratch.Fused[row] += (row < scratch.NewFrom ? scratch.Factors[i] : scratch.NewFactors[i]) * (part - parts[row]);
                    parts[row] = part;
                }
            }
        }
    }

    /// <summary>What nobody has to score takes no time.</summary>
    private bool IsOver()
    {
        if (!clock.IsOver)
            return false;
        for (int i = 0; i < model.Sources.Count; i++)
            IsLate |= Speaks(i);
        return IsLate;
    }

    private readonly float PartOf(int source, float score)
    {
        if (float.IsNaN(score))
            return 0f;
        float part = score - scratch.Means[source];
        if (scratch.NewTowers == 0f)
            return scratch.Factors[source] * part;
        // What no tower says of it is what is said of the average new item, 0; so the towers alone carry the level.
        float factor = scratch.NewFactors[source];
        return factor == 0f ? 0f : (factor * (part - scratch.NewMeans[source])) + (scratch.NewLevel * MathF.Abs(model.NewItems!.Weights[source]) / scratch.NewTowers);
    }
}
