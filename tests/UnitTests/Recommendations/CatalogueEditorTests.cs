using Inference.Recommendations.Fusion;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Snapshots;
using Inference.Vectors;
using Inference.Vectors.Live;
using Xunit;

namespace UnitTests.Recommendations;

public sealed class CatalogueEditorTests
{
    private const int Items = 4_000;

    [Fact]
    public void Apply_AfterManyRowsMoved_DoesNotCopyThem()
    {
        using var catalogue = new ItemCatalogue([.. Enumerable.Range(0, Items).Select(row => $"i{row}")], new string?[Items]);
        using var index = new LiveIndex(new ExactIndex(VectorMatrix.Create(new float[Items * 2], 2), Metric.InnerProduct), new LiveOptions { MergeThreshold = 100_000 });
        var editor = new CatalogueEditor(catalogue, index) { KeepsMovedRows = true };
        int[] many = [.. Enumerable.Range(0, 3_000).Select(i => i * 7 % Items)];
        editor.Apply([.. many.Select(row => Change(row, 1))], new float[many.Length * 2]);
        Assert.Equal(many, editor.MovedRows.ToArray());

        long least = long.MaxValue;
        for (int i = 0; i < 20; i++)
        {
            int row = (3_000 + i) * 7 % Items;
            ItemChange[] one = [Change(row, 2)];
            long before = GC.GetAllocatedBytesForCurrentThread();
            editor.Apply(one, [1f, 0f]);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
            Assert.Equal(row, editor.MovedRows[^1]);
        }

        editor.Apply([Change(many[0], 3)], [0f, 1f]); // moved before
        Assert.Equal(3_020, editor.MovedRows.Length);
        Assert.True(least < 3_000 * sizeof(int), $"{least} bytes for one change");
    }

    [Theory]
    [InlineData(true, true, 1)]
    [InlineData(false, true, 0)] // candidates are scored by the index that serves
    [InlineData(true, false, 0)] // ranks are added up
    public void Apply_KeepsMovedRowsWhereTheyAreScoredAgain(bool isWhole, bool hasWeights, int expected)
    {
        Snapshot parts = new World().Snapshot;
        using var model = new FusionModel(
            [new PopularitySource("popularity", new float[World.Items])], hasWeights ? new FusionWeights([new FusionWeightPoint(0, [1f])]) : null);
        var fusion = new FusedScorer(model, new FusionOptions { DenseItems = isWhole ? World.Items : 0 });
        var fused = new Snapshot(parts.Model, parts.Items, parts.Index, parts.UserTower, null, parts.BundlePopularity, parts.Profiles) { Fusion = fusion };

        parts.Editor.Apply([Change(3, 1)], [0f, 1f, 0f]);
        fused.Editor.Apply([Change(3, 1)], [0f, 1f, 0f]);

        Assert.Equal(expected, fused.Editor.MovedRows.Length);
        Assert.True(parts.Editor.MovedRows.IsEmpty);
    }

    private static ItemChange Change(int row, long version) => new($"i{row}", version, ItemContent.Empty);
}
