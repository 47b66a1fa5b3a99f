using System.Numerics.Tensors;

namespace Inference.Recommendations.Fusion;

/// <summary>
/// Scores new items by their own weights, after all sources have spoken.
/// <list type="number">
/// <item>D: the deviation of the fused score, over the catalogue or its sample.</item>
/// <item>Mean and deviation of each source with weight over the new items; one that says the same of all of them counts as silent.</item>
/// <item>The scores of new items are written anew. Each source carries its share of the level, so parts still add up to the score.</item>
/// </list>
/// Where no source with weight tells new items apart, they keep the scores that the other weights give them.
/// </summary>
internal sealed class NewItemScores
{
    /// <summary>Known events, counting one more than there are, of which half is believed.</summary>
    private const float HalfWay = 5f;

    private readonly FusionModel _model;
    private readonly NewItemWeights _weights;
    private readonly int[] _sample;
    private readonly int _sampleOfAll;

    /// <param name="model">A model with weights for new items.</param>
    /// <param name="sampleOfAll">Places at the head of the candidates that stand for the catalogue.</param>
    public NewItemScores(FusionModel model, int sampleOfAll)
    {
        _model = model;
        _weights = model.NewItems!;
        _sampleOfAll = sampleOfAll;
        int count = model.RowCount - _weights.FirstRow;
        _sample = new int[Math.Min(FusedScorer.SampleRows, count)];
        for (int i = 0; i < _sample.Length; i++)
            _sample[i] = _weights.FirstRow + (int)((long)i * count / _sample.Length);
    }

    /// <summary>The new rows that every request scores, all or an even sample of them.</summary>
    public ReadOnlySpan<int> Sample => _sample;

    /// <summary>Whether a source is asked for the sake of new items.</summary>
    public bool Uses(int source) => _weights.Weights[source] != 0f;

    public void Write(FusionScratch scratch)
    {
        // :: Step 1
        ReadOnlySpan<float> seen = scratch.IsWhole ? scratch.Fused : scratch.Fused[.._sampleOfAll];
        float unit = MathF.Sqrt(TensorPrimitives.SumOfSquares(seen) / seen.Length);
        if (!(unit > 0f && float.IsFinite(unit)))
            return;

        // :: Step 2
        float trust = (scratch.LatestCount + 1) / (scratch.LatestCount + 1 + HalfWay);
        float spoken = 0f;
        for (int source = 0; source < scratch.NewFactors.Length; source++)
        {
            scratch.NewFactors[source] = 0f;
            if (!Uses(source) || scratch.Outcomes[source] != SourceOutcome.Scored)
                continue;
            ReadOnlySpan<float> scores = OfNew(scratch, source);
            float mean = TensorPrimitives.Sum(scores) / scores.Length;
            float squares = TensorPrimitives.SumOfSquares(scores) / scores.Length;
            float deviation = MathF.Sqrt(MathF.Max(0f, squares - (mean * mean)));
            if (!(deviation > FusedScorer.NoDeviation * MathF.Max(MathF.Sqrt(squares), MathF.Abs(mean + scratch.Means[source])) && float.IsFinite(deviation)))
                continue;
            scratch.NewMeans[source] = mean;
            scratch.NewFactors[source] = unit * trust * _weights.Weights[source] / deviation;
            spoken += MathF.Abs(_weights.Weights[source]);
        }

        if (spoken == 0f)
            return;

        // :: Step 3
        float sum = 0f;
        for (int source = 0; source < scratch.NewFactors.Length; source++)
        {
            float share = scratch.NewFactors[source] == 0f ? 0f : MathF.Abs(_weights.Weights[source]) / spoken;
            scratch.NewLevels[source] = unit * _weights.Level * share;
            scratch.NewTowers += _model.Sources[source] is TowerSource ? MathF.Abs(_weights.Weights[source]) * (share == 0f ? 0f : 1f) : 0f;
            sum += scratch.NewLevels[source] - (scratch.NewFactors[source] * (share == 0f ? 0f : scratch.NewMeans[source]));
        }

        scratch.NewFrom = _weights.FirstRow;
        scratch.NewLevel = unit * _weights.Level;
        if (scratch.IsWhole)
            WriteWhole(scratch, sum);
        else
            WriteCandidates(scratch, sum);
    }

    private void WriteWhole(FusionScratch scratch, float sum)
    {
        Span<float> fused = scratch.Fused[_weights.FirstRow..];
        fused.Fill(sum);
        for (int source = 0; source < scratch.NewFactors.Length; source++)
        {
            if (scratch.NewFactors[source] != 0f)
                TensorPrimitives.MultiplyAdd(scratch.PartsOf(source)[_weights.FirstRow..], scratch.NewFactors[source], fused, fused);
        }
    }

    private void WriteCandidates(FusionScratch scratch, float sum)
    {
        ReadOnlySpan<int> rows = scratch.Candidates.Rows;
        for (int place = 0; place < rows.Length; place++)
        {
            if (rows[place] < _weights.FirstRow)
                continue;
            float score = sum;
            for (int source = 0; source < scratch.NewFactors.Length; source++)
            {
                if (scratch.NewFactors[source] != 0f)
                    score = MathF.FusedMultiplyAdd(scratch.PartsOf(source)[place], scratch.NewFactors[source], score);
            }

            scratch.Fused[place] = score;
        }
    }

    /// <summary>What a source says of the new rows, or of their sample.</summary>
    private ReadOnlySpan<float> OfNew(FusionScratch scratch, int source)
    {
        ReadOnlySpan<float> scores = scratch.PartsOf(source);
        if (scratch.IsWhole)
            return scores[_weights.FirstRow..];
        Span<float> sampled = scratch.OfNewRows(_sample.Length);
        for (int i = 0; i < sampled.Length; i++)
            sampled[i] = scores[scratch.Candidates.PlaceOf(_sample[i])];
        return sampled;
    }
}
