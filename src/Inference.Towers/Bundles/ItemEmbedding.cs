using Inference.Recommendations.Features;
using Inference.Recommendations.Ports;
using Inference.Towers.Runtime;
using Inference.Vectors;

namespace Inference.Towers.Bundles;

/// <summary>Finds where the items of a bundle lie: read from a file, or computed by the item tower.</summary>
internal static class ItemEmbedding
{
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
        foreach (ItemTowerInput input in inputs)
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
            problems.Add("item_tower", $"cannot encode a batch of {inputs.Length} items, though each alone: {batchFailure.Message}");
    }
}
