using System.Numerics.Tensors;
using Inference.Recommendations.Features;
using Inference.Recommendations.Ports;
using Inference.Towers.Runtime;
using Inference.Vectors;

namespace Inference.Towers.Bundles;

/// <summary>Finds where the items of a bundle lie: read from a file, or computed by the item tower.</summary>
internal static class ItemEmbedding
{
    /// <summary>How many items are held against the tower, and how far from it they may lie, as a share of their length: enough for fp16, not for another training.</summary>
    private const int CheckedItems = 64;
    private const float CheckTolerance = 1e-2f;

    /// <summary>The embeddings of a file; null, with the reasons reported, when they do not fit.</summary>
    public static VectorMatrix? Read(CheckedFile file, int items, int dimension, BundleProblems problems)
    {
        try
        {
            VectorMatrix matrix = NpyFile.ReadMatrix(file.Path);
            if (matrix.Count == items && matrix.Dimension == dimension)
                return matrix;
            problems.Add(file.Name, $"is a matrix of ({matrix.Count}, {matrix.Dimension}); {items} items with {dimension} dimensions need ({items}, {dimension}).");
            matrix.Dispose();
        }
        catch (InvalidDataException e)
        {
            problems.Add(file.Name, e.Message);
        }

        return null;
    }

    /// <summary>
    /// Holds embeddings of a file against what the item tower of the same bundle gives for some of the items: new items will be encoded by the tower and compared with the
    /// others, so both must speak of one space.
    /// </summary>
    public static void Check(VectorMatrix matrix, string file, OnnxItemTower tower, Catalogue catalogue, GuardedRuns runs, BundleProblems problems)
    {
        int[] rows = Sample(catalogue);
        ItemTowerInput[] inputs = [.. rows.Select(row => InputOf(catalogue, row))];
        try
        {
            if (Furthest(matrix, rows, runs.Encode(tower.Runner, matrix.Dimension, inputs)) is var (place, distance))
                problems.Add(file, $"the item '{inputs[place].ItemId}' lies {distance:G3} from where the item tower puts it; file and tower are not of the same training.");
        }
        catch (TowerException e)
        {
            Report(tower, catalogue, rows, matrix.Dimension, runs, e, problems);
        }
    }

    /// <summary>Whether embeddings that were computed before are still what the tower gives, by some of the items.</summary>
    /// <exception cref="TowerException">The tower cannot encode them.</exception>
    public static bool Agrees(VectorMatrix matrix, OnnxItemTower tower, Catalogue catalogue, GuardedRuns runs)
    {
        int[] rows = Sample(catalogue);
        return Furthest(matrix, rows, runs.Encode(tower.Runner, matrix.Dimension, [.. rows.Select(row => InputOf(catalogue, row))])) is null;
    }

    /// <summary>
    /// Runs the item tower over the catalogue, on the threads of the current task scheduler; null, with the reasons reported, when it fails. Batches are the same whoever encodes them, so
    /// the result is, too.
    /// </summary>
    /// <param name="progress">Receives how many items are done.</param>
    /// <exception cref="OperationCanceledException">The load was given up.</exception>
    public static VectorMatrix? Compute(
        OnnxItemTower tower, Catalogue catalogue, int dimension, GuardedRuns runs, BundleProblems problems, Action<int> progress, CancellationToken cancellationToken)
    {
        int count = catalogue.Items.BundleRows, batch = tower.Runner.MaxBatch, done = 0;
        using var writer = new VectorMatrixWriter(count, dimension);
        using var encoders = new ItemEncoders(tower, catalogue, dimension, runs);
        (int First, TowerException Failure)? failed = null;
        // On a device one batch runs at a time, whoever asks.
        var parallel = new ParallelOptions { CancellationToken = cancellationToken, TaskScheduler = TaskScheduler.Current, MaxDegreeOfParallelism = encoders.IsShared ? 1 : -1 };
        Parallel.For(0, (count + batch - 1) / batch, parallel, encoders.Rent, (number, loop, encoder) =>
        {
            int first = number * batch, rows = Math.Min(batch, count - first);
            try
            {
                writer.Write(first, encoder.Encode(first, rows));
            }
            catch (TowerException e)
            {
                lock (encoders)
                    failed = failed is { } other && other.First < first ? other : (first, e);
                loop.Stop();
                return encoder;
            }

            lock (encoders)
                progress(done += rows);
            return encoder;
        }, encoders.Return);
        if (failed is not var (firstRow, failure))
            return writer.Finish();
        Report(tower, catalogue, [.. Enumerable.Range(firstRow, Math.Min(batch, count - firstRow))], dimension, runs, failure, problems);
        return null;
    }

    private static int[] Sample(Catalogue catalogue)
    {
        var rows = new int[Math.Min(CheckedItems, catalogue.Items.BundleRows)];
        for (int i = 0; i < rows.Length; i++)
            rows[i] = (int)((long)i * catalogue.Items.BundleRows / rows.Length);
        return rows;
    }

    private static ItemTowerInput InputOf(Catalogue catalogue, int row) => new(catalogue.Items.IdOf(row), new FeatureSet(catalogue.Items.Features().At(row)));

    /// <summary>The first of the rows that lies too far from what was computed for it, and how far; null when none does.</summary>
    private static (int Place, float Distance)? Furthest(VectorMatrix matrix, int[] rows, float[] embeddings)
    {
        for (int i = 0; i < rows.Length; i++)
        {
            ReadOnlySpan<float> computed = embeddings.AsSpan(i * matrix.Dimension, matrix.Dimension);
            float distance = TensorPrimitives.Distance(matrix.Row(rows[i]), computed), length = TensorPrimitives.Norm(computed);
            if (!(distance <= CheckTolerance * Math.Max(length, 1)))
                return (i, distance);
        }

        return null;
    }

    /// <summary>Finds out which items of a failed batch the tower cannot take.</summary>
    private static void Report(OnnxItemTower tower, Catalogue catalogue, int[] rows, int dimension, GuardedRuns runs, TowerException batchFailure, BundleProblems problems)
    {
        int before = problems.Count;
        foreach (int row in runs.TimedOut ? [] : rows)
        {
            try
            {
                runs.Encode(tower.Runner, dimension, InputOf(catalogue, row));
            }
            catch (TowerException e)
            {
                problems.Add("item_tower", $"cannot encode the item '{catalogue.Items.IdOf(row)}': {e.Message}");
            }
        }

        if (problems.Count == before)
            problems.Add("item_tower", $"cannot encode a batch of {rows.Length} items: {batchFailure.Message}");
    }
}
