using System.Numerics.Tensors;
using Inference.Recommendations.Features;
using Inference.Recommendations.Ports;
using Inference.Vectors;

namespace Inference.Recommendations.Fusion;

/// <summary>
/// Runs a fused model: <c>score(i) = Σ_s w_s(n) · (x_s(i) − mean_s) ∕ deviation_s</c>, where n is the number of known events.
/// <list type="number">
/// <item>The weights for n; sources without weight are not run.</item>
/// <item>The rows: all of a catalogue up to <see cref="FusionOptions.DenseItems"/>; of a larger one what the sources propose or, where a request allows up to <see cref="AllowedRows"/>, all of those; and a fixed sample.</item>
/// <item>Each source scores them. One that fails, whose turn comes too late, or that is known to take longer than there is time (<see cref="SourceTimes"/>) is left out.</item>
/// <item>Its scores lose their mean, and where it is standardised are divided by their deviation, over the catalogue or the sample; times the weight they are added up.</item>
/// <item>Where a source was left out, the others share its weight.</item>
/// <item>Without learned weights, ranks are added up instead: Σ_s 1 ∕ (60 + rank_s) over the best 200 of each source (Cormack, Clarke and Büttcher, "Reciprocal rank fusion", 2009).</item>
/// <item>Items that were new when the sources were made get scores by weights of their own, where the model has such (<see cref="NewItemScores"/>).</item>
/// </list>
/// Training judges with the same code on the same numbers, so what was measured is what is served. Safe for concurrent use; a warm run allocates nothing.
/// </summary>
public sealed class FusedScorer
{
    /// <summary>Rows that scores of a large catalogue are standardised over.</summary>
    public const int SampleRows = 4_096;

    /// <summary>Allowed rows that are all scored in a large catalogue: as many as a request may list. Sources need not propose any of them.</summary>
    public const int AllowedRows = 10_000;

    private const int RankOffset = 60;
    private const int RankDepth = 200;
    private const ulong SampleSeed = 0x5EED_0F_F05ED;

    /// <summary>A deviation counts as 0 below this share of the mean: what rounding leaves of scores that are all the same must not be blown up.</summary>
    internal const float NoDeviation = 1e-6f;

    private readonly FusionOptions _options;
    private readonly FusionScratchPool _scratch;
    private readonly SourceTimes _times;
    private readonly double[] _budgets;
    private readonly int[] _sample;
    private readonly NewItemScores? _newItems;

    /// <param name="model">Stays the caller's to dispose, after the last run.</param>
    /// <param name="options">Null for the defaults.</param>
    public FusedScorer(FusionModel model, FusionOptions? options = null)
    {
        (Model, _options) = (model, options ?? new FusionOptions());
        _scratch = new FusionScratchPool(model.Sources.Count);
        _times = new SourceTimes(model.Sources.Count);
        _budgets = [.. model.Sources.Select(source => _options.BudgetOf(source.Kind).TotalSeconds)];
        IsWhole = model.RowCount <= _options.DenseItems;
        _sample = IsWhole ? [] : SampleOf(model.RowCount);
        _newItems = model.NewItems is null ? null : new NewItemScores(model, _sample.Length);
    }

    /// <summary>What is run.</summary>
    public FusionModel Model { get; }

    /// <summary>How it is run.</summary>
    internal FusionOptions Options => _options;

    /// <summary>How long the sources take.</summary>
    internal SourceTimes Times => _times;

    /// <summary>What the tower of the snapshot said of contexts.</summary>
    internal ContextEmbeddings Contexts { get; } = new();

    /// <summary>Whether every source scores the whole catalogue.</summary>
    public bool IsWhole { get; }

    /// <summary>Scores the whole catalogue for one user, whatever its size.</summary>
    /// <param name="input">What is known; the embeddings are the caller's to provide, and sources without one say nothing.</param>
    /// <param name="scores">Receives one score per row; higher is better.</param>
    /// <exception cref="ArgumentException">There is not one place per row.</exception>
    public void Score(in FusionInput input, Span<float> scores)
    {
        if (scores.Length != Model.RowCount)
            throw new ArgumentException($"{scores.Length} places for {Model.RowCount} items.", nameof(scores));
        FusionScratch scratch = Rent();
        try
        {
            Run(input, scratch, isWhole: true, default, wanted: 0, new FusionClock());
            scratch.Fused.CopyTo(scores);
        }
        finally
        {
            Return(scratch);
        }
    }

    /// <inheritdoc cref="ScoreAsync(IUserTower, int, FeatureSet, ReadOnlyMemory{int}, ReadOnlyMemory{int}, Memory{float}, CancellationToken)"/>
    public ValueTask ScoreAsync(
        IUserTower tower, int dimension, FeatureSet features, ReadOnlyMemory<int> history, Memory<float> scores, CancellationToken cancellationToken) =>
        ScoreAsync(tower, dimension, features, history, default, scores, cancellationToken);

    /// <summary>Scores the whole catalogue for one user, running the user tower where a source needs it.</summary>
    /// <param name="tower">The tower of the same embedding space.</param>
    /// <param name="dimension">Components per embedding.</param>
    /// <param name="features">Context of the user.</param>
    /// <param name="history">Rows that the user touched, latest last.</param>
    /// <param name="passed">Rows that the user was shown and passed over, newest first; all count in full.</param>
    /// <param name="scores">Receives one score per row.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="TowerException">The tower failed.</exception>
    public async ValueTask ScoreAsync(
        IUserTower tower, int dimension, FeatureSet features, ReadOnlyMemory<int> history, ReadOnlyMemory<int> passed, Memory<float> scores, CancellationToken cancellationToken)
    {
        // One by one, as they are served: rows of one batch may differ from those in the last bits.
        int events = EventsOf(history.Span);
        float[] embedding = [], context = [];
        if (Model.NeedsEmbedding(events, ofContext: false))
            await EncodeAsync(history, embedding = new float[dimension]);
        if (Model.NeedsEmbedding(events, ofContext: true))
            await EncodeAsync(default, context = new float[dimension]);
        Score(new FusionInput { Features = features, History = history.Span, Passed = passed.Span, Embedding = embedding, ContextEmbedding = context }, scores.Span);

        ValueTask EncodeAsync(ReadOnlyMemory<int> rows, float[] into)
        {
            UserTowerInput[] user = [new UserTowerInput(features, rows)];
            return tower.EncodeAsync(user, into, cancellationToken);
        }
    }

    /// <summary>The number of known events: distinct rows of the model.</summary>
    public int EventsOf(ReadOnlySpan<int> history)
    {
        FusionScratch scratch = Rent();
        try
        {
            scratch.Begin(history, Model.RowCount, default);
            return scratch.LatestCount;
        }
        finally
        {
            Return(scratch);
        }
    }

    /// <summary>Runs the model once as a request does and throws the scores away, so that code is compiled and memory there before the first user asks.</summary>
    /// <inheritdoc cref="Score" path="/param[@name='input']"/>
    public void Exercise(in FusionInput input)
    {
        FusionScratch scratch = Rent();
        try
        {
            Run(input, scratch, IsWhole, default, wanted: 10, new FusionClock(TimeProvider.System, long.MaxValue));
        }
        finally
        {
            Return(scratch);
        }
    }

    internal FusionScratch Rent() => _scratch.Rent();

    internal void Return(FusionScratch scratch) => _scratch.Return(scratch);

    /// <summary>Runs the model; the scratch then holds the scores, their parts, and what became of each source.</summary>
    /// <param name="input">What is known.</param>
    /// <param name="scratch">Rented, and not given back before the scores were read.</param>
    /// <param name="isWhole">Whether to score all rows.</param>
    /// <param name="filter">What may be shown; for catalogues of which candidates are scored.</param>
    /// <param name="wanted">How many items the slate has.</param>
    /// <param name="clock">When sources are late. Without a clock none is, and one that fails fails the run.</param>
    /// <param name="mix">What a surface makes of the model; the default leaves it as it is.</param>
    internal void Run(in FusionInput input, FusionScratch scratch, bool isWhole, RowFilter filter, int wanted, FusionClock clock, in FusionMix mix = default)
    {
        // :: Step 1 the weights
        scratch.Begin(input.History, Model.RowCount, filter);
        scratch.Pass(input.Passed, input.PassedStrengths, Model.RowCount);
        if (Model.Weights is { } weights)
            weights.At(scratch.LatestCount, scratch.Weights);
        else
            Array.Fill(scratch.Weights, 1f);
        for (int i = 0; i < mix.Factors.Length; i++)
            scratch.Weights[i] *= mix.Factors[i];

        // :: Step 2 the rows
        if (!isWhole)
            Gather(input, scratch, wanted, clock, mix);
        scratch.Size(isWhole ? Model.RowCount : scratch.Candidates.Count, isWhole);
        RowsToScore rows = isWhole ? new RowsToScore(Model.RowCount) : new RowsToScore(scratch.Candidates.Rows, scratch.Candidates.Slots);

        for (int i = 0; i < Model.Sources.Count; i++)
        {
            // :: Step 3 what each source says
            if (!IsUsed(i, input, scratch, mix) || scratch.Outcomes[i] is SourceOutcome.Failed or SourceOutcome.Late)
                continue;
            long start = clock.Now;
            Span<float> scores = scratch.PartsOf(i);
            scratch.Outcomes[i] = IsInTime(i, start, clock, mix) ? Ask(Model.Sources[i], input, scratch, rows, scores, clock) : SourceOutcome.Late;
            if (scratch.Outcomes[i] == SourceOutcome.Scored)
            {
                // :: Steps 4 and 5 the sum
                if (Model.Weights is null)
                    AddRanks(i, scratch, scores);
                else
                    AddStandardised(i, scratch, scores, isWhole);
            }

            scratch.Ticks[i] += clock.Now - start;
            if (clock.IsSet && scratch.Outcomes[i] == SourceOutcome.Scored)
                _times.Ran(i, clock.SecondsOf(scratch.Ticks[i]));
        }

        // :: Step 6 the weights of those who answered
        if (clock.IsSet)
            Renormalise(scratch);

        // :: Step 7 new items
        _newItems?.Write(scratch);
    }

    private bool IsInTime(int source, long now, FusionClock clock, in FusionMix mix) =>
        !clock.IsSet || (clock.LeftAt(now) is >= 0 and double left && _times.Fits(source, left, mix.Budgets.IsEmpty ? _budgets[source] : mix.Budgets[source]));

    /// <summary>Shares the weights of sources that were late or failed among the others, so that scores keep their scale.</summary>
    private void Renormalise(FusionScratch scratch)
    {
        float all = 0, answered = 0;
        for (int i = 0; i < scratch.Outcomes.Length; i++)
        {
            float weight = MathF.Abs(scratch.Weights[i]);
            switch (scratch.Outcomes[i])
            {
                case SourceOutcome.Scored:
                    answered += weight;
                    all += weight;
                    break;
                case SourceOutcome.Late or SourceOutcome.Failed:
                    all += weight;
                    break;
                // A tower that did not answer.
                case SourceOutcome.Silent when Model.Sources[i] is TowerSource:
                    all += weight;
                    break;
                default:
                    break;
            }
        }

        if (!(answered > 0 && answered < all))
            return;
        float scale = all / answered;
        TensorPrimitives.Multiply(scratch.Fused, scale, scratch.Fused);
        for (int i = 0; i < scratch.Factors.Length; i++)
        {
            if (scratch.Outcomes[i] == SourceOutcome.Scored)
                scratch.Factors[i] *= scale;
        }
    }

    private static SourceOutcome Ask(ScoreSource source, in FusionInput input, FusionScratch scratch, RowsToScore rows, Span<float> scores, FusionClock clock)
    {
        try
        {
            return source.Score(input, scratch, rows, scores) ? SourceOutcome.Scored : SourceOutcome.Silent;
        }
        catch (Exception e) when (clock.IsSet)
        {
            scratch.Failure = e;
            return SourceOutcome.Failed;
        }
    }

    /// <summary>Rows of a fixed sample: one from each of as many equal stretches, drawn by SplitMix64.</summary>
    private static int[] SampleOf(int rowCount)
    {
        int[] rows = new int[Math.Min(SampleRows, rowCount)];
        for (int i = 0; i < rows.Length; i++)
        {
            ulong z = SampleSeed + ((ulong)(i + 1) * 0x9E3779B97F4A7C15);
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            double share = ((z ^ (z >> 31)) >> 11) * (1.0 / (1UL << 53));
            rows[i] = Math.Min(rowCount - 1, (int)((i + share) * rowCount / rows.Length));
        }

        return rows;
    }

    private void AddStandardised(int number, FusionScratch scratch, Span<float> scores, bool isWhole)
    {
        ScoreSource source = Model.Sources[number];
        // Of a large catalogue a sparse source has touched what is here, and all else is 0; of the others the sample speaks for all.
        bool isSparse = !isWhole && source.IsSparse;
        ReadOnlySpan<float> seen = isWhole || isSparse ? scores : scores[.._sample.Length];
        int over = isSparse ? Model.RowCount : seen.Length;
        float mean = TensorPrimitives.Sum(seen) / over;
        TensorPrimitives.Subtract(scores, mean, scores);
        float factor = scratch.Weights[number];
        if (source.IsStandardised)
        {
            float squares = TensorPrimitives.SumOfSquares(seen) + ((over - seen.Length) * mean * mean);
            float deviation = MathF.Sqrt(squares / over);
            factor = deviation > NoDeviation * MathF.Abs(mean) && float.IsFinite(deviation) ? factor / deviation : 0f;
        }

        scratch.Means[number] = mean;
        scratch.Factors[number] = factor;
        TensorPrimitives.MultiplyAdd(scores, factor, scratch.Fused, scratch.Fused);
    }

    private static void AddRanks(int source, FusionScratch scratch, Span<float> scores)
    {
        // What has the lowest score is what the source says nothing of.
        float lowest = TensorPrimitives.Min<float>(scores);
        var best = new BestRows(scratch.Keys(RankDepth));
        for (int place = 0; place < scores.Length; place++)
        {
            if (scores[place] > lowest && scores[place] >= best.Threshold)
                best.Offer(place, scores[place]);
        }

        scores.Clear();
        scratch.Means[source] = 0f;
        scratch.Factors[source] = 1f;
        ReadOnlySpan<ulong> ranked = best.Sorted();
        for (int rank = 0; rank < ranked.Length; rank++)
            scores[BestRows.RowOf(ranked[rank])] = scratch.Weights[source] / (RankOffset + rank + 1);
        TensorPrimitives.Add(scratch.Fused, scores, scratch.Fused);
    }

    private bool IsUsed(int source, in FusionInput input, FusionScratch scratch, in FusionMix mix) =>
        (scratch.Weights[source] != 0f || _newItems?.Uses(source) == true) && (input.Without & Model.Sources[source].Retriever) == 0 && (mix.Factors.IsEmpty || mix.Factors[source] != 0f);

    private void Gather(in FusionInput input, FusionScratch scratch, int wanted, FusionClock clock, in FusionMix mix)
    {
        scratch.Candidates.Begin(Model.RowCount, _sample);
        foreach (int row in _newItems is null ? default : _newItems.Sample)
            scratch.Candidates.Add(row);
        foreach (int row in mix.AlsoRows)
            scratch.Candidates.Add(row);
        bool areFewAllowed = scratch.Filter.Allowed is { Count: <= AllowedRows };
        for (int row = areFewAllowed ? scratch.Filter.Allowed!.NextFrom(0) : -1; row >= 0; row = scratch.Filter.Allowed!.NextFrom(row + 1))
            scratch.Candidates.Add(row);

        int most = mix.CandidatesPerSource > 0 ? mix.CandidatesPerSource : Math.Max(_options.CandidatesPerSource, 2 * wanted);
        for (int i = 0; i < Model.Sources.Count; i++)
        {
            // Where few rows may be shown they all are here, but sparse sources are standardised over what they touch.
            if (!IsUsed(i, input, scratch, mix) || (areFewAllowed && !Model.Sources[i].IsSparse))
                continue;
            long start = clock.Now;
            if (!IsInTime(i, start, clock, mix))
            {
                scratch.Outcomes[i] = SourceOutcome.Late;
                continue;
            }

            try
            {
                Model.Sources[i].Propose(input, scratch, most);
                scratch.Ticks[i] = clock.Now - start;
            }
            catch (Exception e) when (clock.IsSet)
            {
                scratch.Failure = e;
                scratch.Outcomes[i] = SourceOutcome.Failed;
            }
        }
    }
}
