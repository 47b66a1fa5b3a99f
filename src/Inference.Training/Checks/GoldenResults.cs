using Inference.Recommendations.Features;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Snapshots;
using Inference.Towers.Bundles;
using Inference.Towers.Manifests;
using Inference.Vectors;

namespace Inference.Training.Checks;

/// <summary>
/// Shows in numbers how a bundle answers its golden cases. The loader has already refused a bundle that fails one; this says how far from failing it is.
/// </summary>
public static class GoldenResults
{
    private const long MaxBytes = 256 << 20;

    /// <summary>One result per golden case; none where the bundle has no such file.</summary>
    public static async Task<IReadOnlyList<GoldenResult>> MeasureAsync(LoadedBundle bundle, CancellationToken cancellationToken)
    {
        if (bundle.Manifest.Golden is not { } file)
            return [];
        GoldenFile golden = JsonFile.Read(Path.Combine(bundle.Folder, file), MaxBytes, BundleJson.Default.GoldenFile);
        var results = new List<GoldenResult>();
        foreach (GoldenCase one in golden.Cases ?? [])
            results.Add(await MeasureAsync(bundle.Snapshot, one, results.Count, cancellationToken));
        return results;
    }

    private static async Task<GoldenResult> MeasureAsync(Snapshot snapshot, GoldenCase golden, int number, CancellationToken cancellationToken)
    {
        int[] history = [.. (golden.History ?? []).Select(id => snapshot.Items.TryGetRow(id, out int row) ? row : -1).Where(row => row >= 0)];
        float[] embedding = new float[snapshot.Model.Dimension];
        await snapshot.UserTower.EncodeAsync(new[] { new UserTowerInput(new FeatureSet(golden.Features), history) }, embedding, cancellationToken);
        return new GoldenResult(
            number, history.Length, golden.Features?.Count ?? 0, golden.Embedding is null ? null : Difference(golden.Embedding, embedding),
            golden.Top is null ? null : SameRanks(snapshot, golden.Top, embedding, history), golden.Top?.Count ?? 0);
    }

    private static double Difference(IReadOnlyList<float> expected, float[] actual)
    {
        double largest = 0;
        for (int i = 0; i < actual.Length; i++)
            largest = Math.Max(largest, Math.Abs((double)expected[i] - actual[i]));
        return largest;
    }

    private static int SameRanks(Snapshot snapshot, IReadOnlyList<string> expected, float[] embedding, int[] history)
    {
        using RowSet denied = RowSet.Rent(snapshot.Items.Rows.RowCount);
        denied.AddRange(history);
        var found = new Neighbor[expected.Count];
        int count = snapshot.Index.Search(embedding, found, RowFilter.Deny(denied));
        int same = 0;
        for (int rank = 0; rank < count; rank++)
            same += snapshot.Items.IdOf(found[rank].Row) == expected[rank] ? 1 : 0;
        return same;
    }
}
