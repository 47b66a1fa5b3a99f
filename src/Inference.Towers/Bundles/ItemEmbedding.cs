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
    public static async Task CheckAsync(VectorMatrix matrix, string file, OnnxItemTower tower, Catalogue catalogue, GuardedRuns runs, BundleProblems problems)
    {
        int count = Math.Min(CheckedItems, catalogue.Items.Count);
        var inputs = new ItemTowerInput[count];
        var rows = new int[count];
        for (int i = 0; i < count; i++)
        {
            rows[i] = (int)((long)i * catalogue.Items.Count / count);
            inputs[i] = new ItemTowerInput(catalogue.Items.IdOf(rows[i]), new FeatureSet(catalogue.Features[rows[i]]));
        }

        float[] embeddings;
        try
        {
            embeddings = await runs.EncodeAsync(tower.Runner, matrix.Dimension, inputs);
        }
        catch (TowerException e)
        {
            await ReportAsync(tower, inputs, matrix.Dimension, runs, e, problems);
            return;
        }

        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<float> computed = embeddings.AsSpan(i * matrix.Dimension, matrix.Dimension);
            float distance = TensorPrimitives.Distance(matrix.Row(rows[i]), computed), length = TensorPrimitives.Norm(computed);
            if (distance <= CheckTolerance * Math.Max(length, 1))
                continue;
            problems.Add(file, $"the item '{inputs[i].ItemId}' lies {distance:G3} from where the item tower puts it; file and tower are not of the same training.");
            return;
        }
    }

    /// <summary>Runs the item tower over the catalogue; null, with the reasons reported, when it fails.</summary>
    /// <param name="progress">Receives how many items are done.</param>
    public static async Task<VectorMatrix?> ComputeAsync(OnnxItemTower tower, Catalogue catalogue, int dimension, GuardedRuns runs, BundleProblems problems, Action<int> progress)
    {
        int count = catalogue.Items.Count, batch = tower.Runner.MaxBatch;
        var chunks = new float[(count + batch - 1) / batch][];
        for (int chunk = 0; chunk < chunks.Length; chunk++)
        {
            int first = chunk * batch;
            var inputs = new ItemTowerInput[Math.Min(batch, count - first)];
            for (int i = 0; i < inputs.Length; i++)
                inputs[i] = new ItemTowerInput(catalogue.Items.IdOf(first + i), new FeatureSet(catalogue.Features[first + i]));
            try
            {
                chunks[chunk] = await runs.EncodeAsync(tower.Runner, dimension, inputs);
            }
            catch (TowerException e)
            {
                await ReportAsync(tower, inputs, dimension, runs, e, problems);
                return null;
            }

            progress(first + inputs.Length);
        }

        return VectorMatrix.Create(count, dimension, (row, vector) => chunks[row / batch].AsSpan(row % batch * dimension, dimension).CopyTo(vector));
    }

    /// <summary>Finds out which items of a failed batch the tower cannot take.</summary>
    private static async Task ReportAsync(OnnxItemTower tower, ItemTowerInput[] inputs, int dimension, GuardedRuns runs, TowerException batchFailure, BundleProblems problems)
    {
        int before = problems.Count;
        foreach (ItemTowerInput input in runs.TimedOut ? [] : inputs)
        {
            try
            {
                await runs.EncodeAsync(tower.Runner, dimension, input);
            }
            catch (TowerException e)
            {
                problems.Add("item_tower", $"cannot encode the item '{input.ItemId}': {e.Message}");
            }
        }

        if (problems.Count == before)
            problems.Add("item_tower", $"cannot encode a batch of {inputs.Length} items: {batchFailure.Message}");
    }
}
