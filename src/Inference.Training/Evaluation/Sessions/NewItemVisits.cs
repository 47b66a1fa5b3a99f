using Inference.Recommendations.Features;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Snapshots;
using Inference.Towers.Loading;
using Inference.Training.Splits;

namespace Inference.Training.Evaluation.Sessions;

/// <summary>
/// What a bundle says of items that came after it: they are put into the catalogue as a running server does, by the item tower, and their vectors are held against those of users.
/// </summary>
internal sealed class NewItemVisits
{
    private readonly float[] _scores;
    private readonly bool[] _isRelevant;

    /// <param name="users">Users.</param>
    /// <param name="items">New items.</param>
    /// <param name="scores">Users × items.</param>
    /// <param name="isRelevant">Users × items.</param>
    internal NewItemVisits(int users, int items, float[] scores, bool[] isRelevant) => (Users, Items, _scores, _isRelevant) = (users, items, scores, isRelevant);

    /// <summary>Training users, all of whom visit.</summary>
    public int Users { get; }

    /// <summary>New items.</summary>
    public int Items { get; }

    /// <summary>Scores of a user, by new item.</summary>
    public ReadOnlySpan<float> Of(int user) => _scores.AsSpan(user * Items, Items);

    /// <summary>Whether a user clicks an item.</summary>
    public bool IsRelevant(int user, int item) => _isRelevant[(user * Items) + item];

    /// <returns>Null where the part has no new items, or the bundle no item tower.</returns>
    public static NewItemVisits? Make(EvaluationInputs inputs, EvaluationPart part, Snapshot snapshot, SessionOptions options, IProgress<double> progress, CancellationToken cancellationToken)
    {
        ColdSplit split = inputs.Split;
        RowLists targets = part == EvaluationPart.Test ? split.ColdItemsTest : split.ColdItemsValidation;
        (int first, int items) = (part == EvaluationPart.Test ? split.Items.ColdTest : split.Items.ColdValidation).GetOffsetAndLength(split.Items.Count);
        if (items == 0 || targets.Total == 0 || snapshot.ItemTower is null)
            return null;
        int[] rows = Insert(inputs, snapshot, [.. Enumerable.Range(first, items).Select(item => split.Items.Ids[item])]);
        int all = split.TrainingUserIds.Count * items;
        var made = new NewItemVisits(split.TrainingUserIds.Count, items, new float[all], new bool[all]);
        int done = 0;
        var known = new int[split.Items.TrainingCount];
        for (int item = 0; item < known.Length; item++)
            known[item] = snapshot.Items.TryGetRow(split.Items.Ids[item], out int row) ? row : -1;
        // Threads of their own: each waits for the tower, and those that run its batches are of the pool, which adds none while the processors are busy.
        int count = options.Threads ?? Environment.ProcessorCount;
        using var threads = new LoadingThreads(count, niceness: 0);
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = count, CancellationToken = cancellationToken, TaskScheduler = threads };
        Parallel.For(0, made.Users, parallel, user =>
        {
            var history = new List<int>();
            foreach (int item in split.Training[user])
                history.Add(known[item]);
            foreach (int item in part == EvaluationPart.Test && split.WarmValidation.Count > user ? split.WarmValidation[user] : default)
                history.Add(known[item]);
            history.RemoveAll(row => row < 0);
            float[] embedding = new float[snapshot.Model.Dimension];
            UserTowerInput[] asked = [new UserTowerInput(new FeatureSet(inputs.Features.UserFeatures(split.TrainingUserIds[user])), history.ToArray())];
            // On the pool: what the tower goes on with would otherwise wait for the thread that waits here.
            Task.Run(() => snapshot.UserTower.EncodeAsync(asked, embedding, cancellationToken).AsTask(), cancellationToken).GetAwaiter().GetResult();
            for (int item = 0; item < items; item++)
                made._scores[(user * items) + item] = snapshot.Index.Score(embedding, rows[item]);
            foreach (int item in targets[user])
            {
                if (item >= first && item < first + items)
                    made._isRelevant[(user * items) + item - first] = true;
            }

            progress.Report(Interlocked.Increment(ref done) / (double)made.Users);
        });
        return made;
    }

    /// <summary>Puts items into the catalogue that are not there.</summary>
    /// <returns>Their rows.</returns>
    private static int[] Insert(EvaluationInputs inputs, Snapshot snapshot, string[] ids)
    {
        string[] missing = [.. ids.Where(id => !snapshot.Items.TryGetRow(id, out _))];
        ItemTowerInput[] asked = [.. missing.Select(id => new ItemTowerInput(id, new FeatureSet(inputs.Features.ItemFeatures(id))))];
        float[] vectors = new float[missing.Length * snapshot.Model.Dimension];
        for (int i = 0; i < asked.Length; i++)
            snapshot.ItemTower!.EncodeAsync(asked.AsMemory(i, 1), vectors.AsMemory(i * snapshot.Model.Dimension, snapshot.Model.Dimension), CancellationToken.None).AsTask().GetAwaiter().GetResult();
        snapshot.Editor.Apply([.. missing.Select(id => new ItemChange(id, 1, ItemContent.Empty))], vectors);
        return Array.ConvertAll(ids, id => snapshot.Items.TryGetRow(id, out int row) ? row : throw new InvalidDataException($"The item '{id}' could not be put into the catalogue."));
    }
}
