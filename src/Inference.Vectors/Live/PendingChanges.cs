namespace Inference.Vectors.Live;

/// <summary>Turns a part of the log into what a merge needs.</summary>
internal static class PendingChanges
{
    /// <summary>The latest change of each row from the start of a generation to <paramref name="end"/>.</summary>
    /// <param name="generation">Held by the caller.</param>
    /// <param name="end">A published position; changes behind it play no part.</param>
    /// <param name="rowCount">Rows of the live index at that position.</param>
    public static IndexChanges Of(Generation generation, long end, int rowCount)
    {
        var removed = new List<int>();
        var added = new List<int>();
        var places = new List<(LogBlock Block, int Index)>();
        foreach (LogRun run in generation.Start.To(end))
        {
            for (int i = run.From; i < run.To; i++)
            {
                if (!run.Block.IsLatestBefore(i, end))
                    continue;
                int row = run.Block.Row(i);
                if (generation.Index.HasVector(row))
                    removed.Add(row);
                if (run.Block.IsDeletion(i))
                    continue;
                added.Add(row);
                places.Add((run.Block, i));
            }
        }
        int[] removedRows = [.. removed], addedRows = [.. added];
        (LogBlock Block, int Index)[] addedPlaces = [.. places];
        Array.Sort(removedRows);
        Array.Sort(addedRows, addedPlaces);
        int dimension = generation.Index.Dimension;
        return new IndexChanges(rowCount, removedRows, addedRows, i => addedPlaces[i].Block.Vector(addedPlaces[i].Index, dimension));
    }
}
