using System.Numerics;
using System.Runtime.InteropServices;
using Inference.Recommendations.Fusion;
using Inference.Recommendations.Queries;

namespace Inference.Recommendations.Pipeline;

/// <summary>
/// Notes what the sources of a fused model add to the scores of placed rows: one part for each source that spoke, with the score that the source itself gave, and the row's rank by it.
/// <list type="number">
/// <item>The contribution is weight ∕ deviation · (score − mean), so contributions add up to the fused score. What single precision leaves between both, a few millionths at most, goes to the largest part; more than that is left to be seen.</item>
/// <item>The rank is 1 plus the rows that the source scores higher, seen ones among them. It takes a pass over the scores, so only as many of the best rows have one as <see cref="RankedScores"/> allows.</item>
/// </list>
/// </summary>
internal struct FusedParts(ScoreParts parts, FusionModel model, FusionScratch scratch)
{
    /// <summary>Scores of one source that are looked at for ranks: 64 rows of a catalogue of 4,096 items, and some tens of microseconds for ten sources.</summary>
    public const int RankedScores = 1 << 18;

    /// <summary>What rounding may leave, as a share of the parts' sizes.</summary>
    private const double Rounding = 1e-5;

    private int _noted;

    /// <summary>Notes a row that the sources scored.</summary>
    /// <param name="row">The row.</param>
    /// <param name="score">Its fused score.</param>
    /// <param name="added">By source: what it added.</param>
    /// <param name="place">Where its scores lie.</param>
    public void Add(int row, double score, ReadOnlySpan<float> added, int place)
    {
        bool isRanked = ++_noted * (long)scratch.Fused.Length <= RankedScores;
        Span<ScorePart> into = Begin(row, score, added, out double rest, out int largest);
        int next = 0;
        for (int i = 0; i < added.Length; i++)
        {
            if (!Spoke(i, added[i]))
                continue;
            Span<float> scores = scratch.PartsOf(i);
            bool found = model.Weights is null ? added[i] != 0f : IsFound(i, scores[place]);
            into[next++] = new ScorePart(
                model.Sources[i].Name, added[i] + (i == largest ? rest : 0),
                found && model.Weights is not null ? scores[place] + scratch.Means[i] : null,
                found && isRanked ? 1 + Above(scores, scores[place]) : 0);
        }
    }

    /// <summary>Notes a row that came since the bundle, which the towers alone speak of.</summary>
    /// <inheritdoc cref="Add" path="/param"/>
    /// <param name="changed">Knows what the sources say of it.</param>
    /// <param name="input">Of the run.</param>
    public readonly void AddNew(int row, double score, ReadOnlySpan<float> added, in ChangedRows changed, in FusionInput input)
    {
        Span<ScorePart> into = Begin(row, score, added, out double rest, out int largest);
        int next = 0;
        for (int i = 0; i < added.Length; i++)
        {
            if (Spoke(i, added[i]))
                into[next++] = new ScorePart(model.Sources[i].Name, added[i] + (i == largest ? rest : 0), changed.ScoreOf(i, row, input));
        }
    }

    /// <summary>What each source did: how many rows it found, in which time.</summary>
    /// <param name="slate">Receives it.</param>
    /// <param name="time">The clock of the run.</param>
    /// <param name="towerTimes">How long the tower was asked for its answers to history and context.</param>
    /// <param name="towers">What became of a tower that did not answer.</param>
    /// <param name="changed">Knows who speaks of items that came since the bundle.</param>
    /// <param name="added">Rows that came since.</param>
    public readonly void Report(
        Slate slate, TimeProvider time, (TimeSpan OfHistory, TimeSpan OfContext) towerTimes, RetrieverOutcome towers, in ChangedRows changed, int added)
    {
        for (int i = 0; i < model.Sources.Count; i++)
        {
            ScoreSource source = model.Sources[i];
            RetrieverOutcome outcome = scratch.Outcomes[i] switch
            {
                SourceOutcome.Scored => RetrieverOutcome.Ok,
                SourceOutcome.Late => RetrieverOutcome.Late,
                SourceOutcome.Failed => RetrieverOutcome.Failed,
                _ => source is TowerSource ? towers : RetrieverOutcome.Silent,
            };
            if (scratch.Outcomes[i] == SourceOutcome.Unused)
                continue;
            TimeSpan duration = time.GetElapsedTime(0, scratch.Ticks[i]);
            if (source is TowerSource tower)
                duration += tower.IsOfContext ? towerTimes.OfContext : towerTimes.OfHistory;
            slate.Report(source.Name, outcome == RetrieverOutcome.Ok ? FoundBy(i) + (changed.Speaks(i) ? added : 0) : 0, duration, outcome);
        }
    }

    /// <summary>One that was asked for new items alone has no part in others.</summary>
    private readonly bool Spoke(int source, float added) => scratch.Outcomes[source] == SourceOutcome.Scored && (scratch.Weights[source] != 0f || added != 0f);

    /// <summary>A sparse source gives 0 to what it does not find, before its mean is taken off.</summary>
    private readonly bool IsFound(int source, float part) => !model.Sources[source].IsSparse || part != -scratch.Means[source];

    private readonly int FoundBy(int source)
    {
        ReadOnlySpan<float> scores = scratch.PartsOf(source);
        if (model.Weights is not null && !model.Sources[source].IsSparse)
            return scores.Length;
        return scores.Length - scores.Count(model.Weights is null ? 0f : -scratch.Means[source]);
    }

    private readonly Span<ScorePart> Begin(int row, double score, ReadOnlySpan<float> added, out double rest, out int largest)
    {
        double size = 0;
        int count = 0;
        rest = score;
        largest = -1;
        for (int i = 0; i < added.Length; i++)
        {
            if (!Spoke(i, added[i]))
                continue;
            count++;
            rest -= added[i];
            size += Math.Abs(added[i]);
            // The scores of new items are added up from what is larger, before and after the mean is taken off.
            if (row >= scratch.NewFrom)
                size += Math.Abs(scratch.NewFactors[i] * (double)scratch.NewMeans[i]);
            if (largest < 0 || Math.Abs(added[i]) > Math.Abs(added[largest]))
                largest = i;
        }

        if (!(Math.Abs(rest) <= Rounding * size))
            rest = 0;
        return parts.AddMany(row, count);
    }

    private static int Above(ReadOnlySpan<float> scores, float score)
    {
        ReadOnlySpan<Vector<float>> blocks = MemoryMarshal.Cast<float, Vector<float>>(scores);
        Vector<float> own = new(score);
        Vector<int> minus = Vector<int>.Zero;
        foreach (Vector<float> block in blocks)
            minus += Vector.GreaterThan(block, own);
        int above = -Vector.Sum(minus);
        foreach (float other in scores[(blocks.Length * Vector<float>.Count)..])
            above += other > score ? 1 : 0;
        return above;
    }
}
