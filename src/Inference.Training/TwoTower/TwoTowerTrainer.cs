using Inference.Training.Chance;
using Inference.Training.Features;
using Inference.Training.Models;
using Inference.Training.Splits;

namespace Inference.Training.TwoTower;

/// <summary>
/// Trains a user and an item tower.
/// <list type="number">
/// <item>Start from an earlier model, or from factors of the interactions (<see cref="FactorStart"/>).</item>
/// <item>Per step: draw examples, run both towers, take the softmax cross-entropy over the catalogue (or a sample), go back through both, let the optimiser move the weights (AdamW, one cycle).</item>
/// <item>Every few steps: rank for the validation part with the averaged weights; keep the best ones, and stop when there is none better for long.</item>
/// </list>
/// The same inputs and seed give the same bits, whatever the number of threads.
/// </summary>
public static class TwoTowerTrainer
{
    private const int MostSampledTargets = 16;

    /// <param name="options">How to train.</param>
    /// <param name="split">Training and validation parts; the test parts are not looked at.</param>
    /// <param name="contexts">Context properties of users, of training and validation at least.</param>
    /// <param name="traits">Content of all items of the split.</param>
    /// <param name="teacher">A model whose scores for the training catalogue are learned from beside the events; null for none. Called by several threads.</param>
    /// <param name="warmStart">An earlier model to go on from; null to begin anew.</param>
    /// <param name="progress">Told of each validation.</param>
    /// <param name="cancellationToken">Stops between steps.</param>
    /// <exception cref="ArgumentException">Options are out of range, or inputs do not fit one another.</exception>
    public static TwoTowerModel Train(TwoTowerOptions options, ColdSplit split, UserContexts contexts, ItemTraits traits, RankingModel? teacher = null, TwoTowerModel? warmStart = null,
        IProgress<TwoTowerProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        options.Check();
        if (traits.Count != split.Items.Count)
            throw new ArgumentException($"There are traits of {traits.Count} items, and {split.Items.Count} items.", nameof(traits));
        var lanes = new Lanes(options.Threads);
        var content = new ContentMatrix(traits);
        var sizes = new TowerSizes(split.Items.TrainingCount, content.Columns, [.. contexts.Fields.Select(field => field.Codes)], options.Dimension, options.Hidden, options.MaxHistory);
        var weights = new TowerWeights(sizes, (float)options.ItemRate);
        weights.Start(options.Seed);
        if (warmStart is not null)
            WarmStart.Apply(weights, warmStart, split.Items, contexts);
        else
            FactorStart.Apply(weights, split, content, options, lanes, cancellationToken);
        float[] best = new Run(options, split, contexts, content, weights, teacher, lanes).Best(progress, cancellationToken);
        best.CopyTo(weights.Values.AsSpan());
        return new TwoTowerModel(weights, split.Items.Ids, contexts, content);
    }

    /// <summary>One training from given weights.</summary>
    private sealed class Run(TwoTowerOptions options, ColdSplit split, UserContexts contexts, ContentMatrix content, TowerWeights weights, RankingModel? teacher, Lanes lanes)
    {
        private readonly ExampleSampler _sampler = new(split, contexts, options);
        private readonly StepColumns _columns = new(split.Items, options);
        private readonly float[] _gradient = new float[weights.Values.Length];
        private readonly SoftmaxLoss _loss = new(options.Dimension, lanes);
        private readonly UserPass _users = new(weights, content, lanes);

        /// <summary>The best weights by validation; the last ones when there is no validation part.</summary>
        public float[] Best(IProgress<TwoTowerProgress>? progress, CancellationToken cancellationToken)
        {
            var items = new ItemPass(weights, content, _columns.MostColumns(options.BatchSize * MostSampledTargets), lanes);
            var validation = new ValidationScore(weights, content, split, contexts, lanes);
            var optimiser = new AdamW(weights, lanes);
            var average = new AveragedWeights(weights.Values, options.AverageSteps);
            TeacherTargets? soft = teacher is not null && options.TeacherShare > 0 ? new TeacherTargets(teacher, split, options, lanes) : null;
            TwoTowerQuality start = validation.Measure();
            double bestCriterion = start.Criterion, loss = 0;
            float[] best = [.. weights.Values];
            progress?.Report(new TwoTowerProgress(0, options.Steps, double.NaN, start, IsBest: true));
            for (int step = 1, since = 0, worse = 0; step <= options.Steps; step++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                loss += Step(step, items, optimiser, soft);
                average.Add(weights.Values);
                since++;
                if (step % options.ValidationSteps != 0 && step != options.Steps)
                    continue;
                average.Swap(weights.Values);
                TwoTowerQuality quality = validation.Measure();
                bool isBest = validation.IsEmpty || quality.Criterion > bestCriterion;
                worse = isBest ? 0 : worse + 1;
                if (isBest)
                {
                    bestCriterion = quality.Criterion;
                    weights.Values.CopyTo(best.AsSpan());
                }

                progress?.Report(new TwoTowerProgress(step, options.Steps, loss / since, quality, isBest));
                average.Swap(weights.Values);
                (loss, since) = (0, 0);
                if (worse >= options.Patience)
                    break;
            }

            return best;
        }

        private double Step(int step, ItemPass items, AdamW optimiser, TeacherTargets? soft)
        {
            Examples examples = _sampler.Draw(step);
            (int[] columns, float[] logCounts, TargetBatch targets) = _columns.Of(examples, step, MostSampledTargets);
            items.Forward(columns, KeptIds(columns, step));
            _users.Forward(UserBatch.Of(examples.Histories, examples.Codes, options.MaxHistory));
            float[] softTargets = soft?.Of(examples, columns) ?? [];
            double loss = _loss.Run(_users.Vectors, examples.Count, items.Vectors, columns.Length, targets, logCounts, softTargets, softTargets.Length > 0 ? (float)options.TeacherShare : 0);
            items.Backward(_loss.ItemChange, _gradient);
            _users.Backward(_loss.UserChange, _gradient);
            optimiser.Step(_gradient, (float)OneCycle.Rate(step - 1, options.Steps, options.LearningRate), (float)options.Decay);
            return loss;
        }

        private byte[] KeptIds(int[] columns, int step)
        {
            var random = new SeededRandom(options.Seed, 3_000_000_000UL + (ulong)step);
            byte[] kept = new byte[columns.Length];
            for (int i = 0; i < kept.Length; i++)
                kept[i] = random.NextDouble() >= options.IdDropout ? (byte)1 : (byte)0;
            return kept;
        }
    }
}
