using Inference.Vectors.Files;

namespace Inference.Vectors;

/// <summary>What was measured about an index when it was built, on a sample of queries against the exact answer. Stored with it.</summary>
/// <param name="Width">Candidates a search of a graph keeps by default; 0 for exact kinds.</param>
/// <param name="Recall">Share of the true best rows that searches of this width found, 0 to 1.</param>
/// <param name="TargetRecall">Share that was wanted.</param>
/// <param name="Wanted">Results of each search of the sample (the k of recall@k).</param>
/// <param name="Queries">Searches of the sample.</param>
/// <param name="Latency">Median time of one search, alone on a core, on the machine that built the index.</param>
public sealed record IndexTuning(int Width, double Recall, double TargetRecall, int Wanted, int Queries, TimeSpan Latency)
{
    private const string WidthName = "tuned-width", RecallName = "tuned-recall", TargetName = "tuned-target", WantedName = "tuned-wanted", QueriesName = "tuned-queries", TicksName = "tuned-ticks";

    /// <summary>What a file holds; null where nothing was measured.</summary>
    /// <exception cref="InvalidDataException">A part is missing or out of range.</exception>
    internal static IndexTuning? Read(IndexFile file)
    {
        if (!file.HasParameter(WidthName))
            return null;
        return new IndexTuning(
            (int)file.Whole(WidthName, 0, int.MaxValue),
            file.Real(RecallName),
            file.Real(TargetName),
            (int)file.Whole(WantedName, 1, int.MaxValue),
            (int)file.Whole(QueriesName, 0, int.MaxValue),
            TimeSpan.FromTicks(file.Whole(TicksName, 0)));
    }

    internal void WriteTo(IndexFileWriter writer)
    {
        writer.Set(WidthName, Width);
        writer.Set(RecallName, Recall);
        writer.Set(TargetName, TargetRecall);
        writer.Set(WantedName, Wanted);
        writer.Set(QueriesName, Queries);
        writer.Set(TicksName, Latency.Ticks);
    }
}
