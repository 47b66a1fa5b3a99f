using Inference.Training.Chance;
using Inference.Training.Features;
using Inference.Training.Models;
using Inference.Training.Splits;

namespace Inference.Training.TwoTower;

/// <summary>
/// Trains a user and an item tower.
/// <list type="number">
/// <item>Start from an earlier model, or from factors of the interactions (<see cref="FactorStart"/>), their weight against popularity chosen on the validation part.</item>
/// <item>First phase: examples without history move contexts alone, so that these learn what the factors cannot know. Second phase: all kinds of examples move everything, slowly.</item>
/// <item>Per step: draw examples, run both towers, take the softmax cross-entropy over the catalogue (or a sample), go back through both, let the optimiser move the weights (AdamW, one cycle).</item>
/// <item>Every few steps: rank for the validation part with the averaged weights; keep the best ones, and stop when there is none better for long.</item>
/// </list>
/// The same inputs and seed give the same bits, whatever the number of threads.
/// </summary>
public static class TwoTowerTrainer
{
    private const int MostSampledTargets = 16;

    /// <summary>By how much (of a logarithm of NDCG) a validation may fall behind the best one and still let longer learning of contexts stand: a few hundred users tell no less apart.</summary>
    private const double ContextTolerance = 0.015;

    /// <param name="options">How to train.</param>
    /// <param name="split">Training and validation parts; the test parts are not looked at.</param>
    /// <param name="contexts">Context properties of users, of training and validation at least.</param>
    /// <param name="traits">Content of all items of the split.</param>
    /// <param name="teacher">A model whose scores for the training catalogue are learned from beside the events; null for none. Called by several threads.</param>
    /// <param name="warmStart">An earlier model to go on from; null to begin anew.</param>
    /// <param name="progress">Told of each validation.</param>
    /// <param name="cancellationToken">Stops between steps.</param>
    /// <exception cref="ArgumentException">Options are out of range, or inputs do not fit one another.</exception>
    public static TwoTowerModel Train(TwoTowerOptions options, ColdSplit split, UserContexts contexts, ItemTraits traits, RankingModel? teacher = null, TwoTowerState? warmStart = null,
        IProgress<TwoTowerProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        options.Check();
        if (traits.Count != split.Items.Count)
            throw new ArgumentException($"There are traits of {traits.Count} items, and {split.Items.Count} items.", nameof(traits));
        var lanes = new Lanes(options.Threads);
        var content = new ContentMatrix(traits);
        var sizes = new TowerSizes(split.Items.TrainingCount, content.Columns, [.. contexts.Fields.Select(field => field.Codes)], options.Dimension, options.Hidden, options.MaxHistory);
        var weights = new TowerWeights(sizes);
        weights.Start(options.Seed);
        var validation = new ValidationScore(weights, content, split, contexts, options.Seed, lanes);
        Begin(weights, content, split, contexts, options, validation, teacher, warmStart, lanes, cancellationToken);
        float[] best = new Run(options, split, contexts, content, weights, validation, teacher, new StepColumns(split.Items, options), lanes).Best(progress, cancellationToken);
        best.CopyTo(weights.Values.AsSpan());
        return new TwoTowerModel(weights, split.Items.Ids, contexts, content);
    }

    /// <summary>The first weights: of an earlier model, of a teacher, or of the interactions. Where most items are new to the earlier model, what it knows may be less than what the interactions say; then the validation part chooses.</summary>
    private static void Begin(TowerWeights weights, ContentMatrix content, ColdSplit split, UserContexts contexts, TwoTowerOptions options, ValidationScore validation, RankingModel? teacher, TwoTowerState? warmStart, Lanes lanes, CancellationToken cancellationToken)
    {
        if (warmStart is null)
        {
            float[] nothing = [.. weights.Values];
            FactorStart.Apply(weights, split, content, options, validation, lanes, cancellationToken);
            if (teacher is not EmbeddingTeacher { HasVectors: true, VectorLength: <= TeacherStart.LongestVector } known || options.TeacherShare == 0)
                return;
            double factors = validation.Measure().Criterion;
            float[] kept = [.. weights.Values];
            nothing.CopyTo(weights.Values.AsSpan());
            TeacherStart.Apply(weights, split, content, contexts, options, known, lanes, cancellationToken);
            if (!validation.IsEmpty && validation.Measure().Criterion < factors)
                kept.CopyTo(weights.Values.AsSpan());
            return;
        }

        BeginAgain(weights, content, split, contexts, options, validation, warmStart, lanes, cancellationToken);
    }

    /// <summary>
    /// From an earlier model: either its weights, or factors of the interactions as they are now, into whose space the contexts that it learned are carried over. In the same shop one kind of factors is enough, which is what makes
    /// it quick. The validation part chooses; without one, the earlier weights stay.
    /// </summary>
    private static void BeginAgain(TowerWeights weights, ContentMatrix content, ColdSplit split, UserContexts contexts, TwoTowerOptions options, ValidationScore validation, TwoTowerState earlier, Lanes lanes, CancellationToken cancellationToken)
    {
        float[] anew = [.. weights.Values];
        WarmStart.Apply(weights, content, earlier, split.Items, contexts);
        if (validation.IsEmpty)
            return;
        bool isSameShop = WarmStart.KnownShare(earlier, split.Items) >= WarmStart.SameShop;
        var before = new TowerWeights(weights.Sizes);
        weights.Values.CopyTo(before.Values.AsSpan());
        if (!isSameShop)
            HistoryScales.Choose(weights, validation);
        (float[] Values, double Criterion) best = ([.. weights.Values], validation.Measure().Criterion);
        void Keep()
        {
            if (validation.Measure().Criterion is var criterion && criterion > best.Criterion)
                best = ([.. weights.Values], criterion);
        }

        anew.CopyTo(weights.Values.AsSpan());
        TwoTowerOptions quick = isSameShop ? options with { FactorPowers = [options.FactorPowers[0]], FactorDampings = [options.FactorDampings[0]] } : options;
        FactorStart.Apply(weights, split, content, quick, validation, lanes, cancellationToken);
        Keep();
        if (isSameShop)
        {
            if (WarmStart.CarryContexts(weights, new TwoTowerModel(before, split.Items.Ids, contexts, content), new TwoTowerModel(weights, split.Items.Ids, contexts, content), earlier, split.Items))
                Keep();
        }

        best.Values.CopyTo(weights.Values.AsSpan());
    }

    /// <summary>One training from given weights.</summary>
    private sealed class Run(TwoTowerOptions options, ColdSplit split, UserContexts contexts, ContentMatrix content, TowerWeights weights, ValidationScore validation, RankingModel? teacher, StepColumns columns, Lanes lanes)
    {
        private readonly ExampleSampler _sampler = new(split, contexts, options);
        private readonly float[] _gradient = new float[weights.Values.Length];
        private readonly SoftmaxLoss _loss = new(options.Dimension, lanes);
        private readonly UserPass _users = new(weights, content, lanes);
        private readonly ItemPass _items = new(weights, content, columns.MostColumns(options.BatchSize * MostSampledTargets), lanes);
        private int _step;

        /// <summary>The best weights by validation; the last ones when there is no validation part.</summary>
        public float[] Best(IProgress<TwoTowerProgress>? progress, CancellationToken cancellationToken)
        {
            TwoTowerQuality start = validation.Measure();
            double criterion = start.Criterion;
            float[] best = [.. weights.Values];
            progress?.Report(new TwoTowerProgress(0, options.ContextSteps + options.Steps, double.NaN, start, IsBest: true));
            TeacherTargets? soft = teacher is not null && options.TeacherShare > 0 && options.Steps > 0 ? new TeacherTargets(teacher, split, contexts, lanes) : null;
            Phase(options.ContextSteps, emptyOnly: true, parameter => IsContext(parameter) ? 1 : 0, ContextTolerance, options.IsTeacherAskedWithoutHistory ? soft : null, best, ref criterion, progress, cancellationToken);
            Phase(options.Steps, emptyOnly: false, parameter => IsContext(parameter) ? 1 : (float)options.ItemRate, 0, soft, best, ref criterion, progress, cancellationToken);
            return best;
        }

        /// <summary>What the first phase learns: contexts, and where users without history stand.</summary>
        private bool IsContext(Parameter parameter) => weights.Context.Contains(parameter) || parameter == weights.UserBias || parameter == weights.ContextScale || parameter == weights.ItemBias
            || parameter == weights.UserHidden || parameter == weights.UserHiddenBias || parameter == weights.UserOut;

        private void Phase(int steps, bool emptyOnly, Func<Parameter, float> rates, double tolerance, TeacherTargets? soft, float[] best, ref double criterion, IProgress<TwoTowerProgress>? progress, CancellationToken cancellationToken)
        {
            best.CopyTo(weights.Values.AsSpan());
            var optimiser = new AdamW(weights, rates, lanes);
            var average = new AveragedWeights(weights.Values, options.AverageSteps);
            double loss = 0;
            for (int step = 1, since = 0, worse = 0; step <= steps && worse < options.Patience; step++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                _step++;
                loss += Step(emptyOnly, optimiser, (float)OneCycle.Rate(step - 1, steps, options.LearningRate), soft);
                average.Add(weights.Values);
                since++;
                if (step % options.ValidationSteps != 0 && step != steps)
                    continue;
                average.Swap(weights.Values);
                TwoTowerQuality quality = validation.Measure();
                bool isBest = validation.IsEmpty || quality.Criterion > criterion - tolerance;
                worse = isBest ? 0 : worse + 1;
                if (isBest)
                {
                    criterion = Math.Max(criterion, quality.Criterion);
                    weights.Values.CopyTo(best.AsSpan());
                }

                progress?.Report(new TwoTowerProgress(_step, options.ContextSteps + options.Steps, loss / since, quality, isBest));
                average.Swap(weights.Values);
                (loss, since) = (0, 0);
            }
        }

        private double Step(bool emptyOnly, AdamW optimiser, float rate, TeacherTargets? soft)
        {
            Examples examples = _sampler.Draw(_step, emptyOnly);
            (int[] items, float[] logCounts, TargetBatch targets) = columns.Of(examples, _step, MostSampledTargets);
            _items.Forward(items, emptyOnly ? [] : KeptIds(items, _step));
            _users.Forward(UserBatch.Of(examples.Histories, examples.Codes, options.MaxHistory));
            float[] softTargets = soft?.Of(examples, items) ?? [];
            double loss = _loss.Run(_users.Vectors, examples.Count, _items.Vectors, items.Length, targets, logCounts, softTargets, softTargets.Length > 0 ? (float)options.TeacherShare : 0);
            _items.Backward(_loss.ItemChange, _gradient);
            _users.Backward(_loss.UserChange, _gradient);
            optimiser.Step(_gradient, rate, (float)options.Decay);
            return loss;
        }

        private byte[] KeptIds(int[] items, int step)
        {
            var random = new SeededRandom(options.Seed, 3_000_000_000UL + (ulong)step);
            byte[] kept = new byte[items.Length];
            for (int i = 0; i < kept.Length; i++)
                kept[i] = random.NextDouble() >= options.IdDropout ? (byte)1 : (byte)0;
            return kept;
        }
    }
}
