using System.Buffers;
using Inference.Vectors.Search;

namespace Inference.Vectors.Live;

/// <summary>Searches a generation that the caller holds: the index first, then the changes since.</summary>
internal static class LiveSearch
{
    /// <summary>Hits up to this many are set aside on the stack.</summary>
    private const int StackHits = 256;

    /// <summary>More hits than wanted that are asked of the index when changes took some away.</summary>
    private const int FirstSlack = 32;

    /// <summary>The best eligible rows of one moment between the start and the end of the call.</summary>
    public static int One(Generation generation, ChangeLog log, ReadOnlySpan<float> query, Span<Neighbor> results, RowFilter filter, int width)
    {
        LogPosition marked = generation.ReadMarked();
        int found = generation.Index.SearchLive(query, results, generation.Less(filter, marked), width);
        return Finish(generation, log, query, results, filter, width, found, marked, generation.ReadEnd(log));
    }

    /// <summary>As <see cref="One"/> for each request; all see the same moment, unless changes hit their results.</summary>
    public static void Many(Generation generation, ChangeLog log, Span<SearchRequest> requests, int width)
    {
        SearchRequest[] rented = ArrayPool<SearchRequest>.Shared.Rent(requests.Length);
        try
        {
            LogPosition marked = generation.ReadMarked();
            Span<SearchRequest> ofIndex = rented.AsSpan(0, requests.Length);
            for (int i = 0; i < requests.Length; i++)
                ofIndex[i] = new SearchRequest(requests[i].Query, requests[i].Results, generation.Less(requests[i].Filter, marked));
            generation.Index.SearchLive(ofIndex, width);
            long end = generation.ReadEnd(log);
            for (int i = 0; i < requests.Length; i++)
            {
                ref SearchRequest request = ref requests[i];
                request.Found = request.Results.IsEmpty
                    ? 0
                    : Finish(generation, log, request.Query.Span, request.Results.Span, request.Filter, width, ofIndex[i].Found, marked, end);
            }
        }
        finally
        {
            ArrayPool<SearchRequest>.Shared.Return(rented, clearArray: true);
        }
    }

    /// <summary>Makes hits of the index those of the index and the log.</summary>
    private static int Finish(
        Generation generation, ChangeLog log, ReadOnlySpan<float> query, Span<Neighbor> results, RowFilter filter, int width, int found, LogPosition marked, long end)
    {
        int kept = Generation.DropChanged(results[..found], marked, end);
        // The rows next in rank were not asked for.
        if (kept < found && found == results.Length)
            kept = Again(generation, log, query, results, filter, width, out end);
        return end == generation.Start.Position ? kept : Merge(generation, log, query, results, filter, kept, end);
    }

    /// <summary>Asks the index for more than is wanted, until enough is left; changes come far more slowly than the surplus grows.</summary>
    private static int Again(Generation generation, ChangeLog log, ReadOnlySpan<float> query, Span<Neighbor> results, RowFilter filter, int width, out long end)
    {
        for (int slack = FirstSlack; ; slack = (int)Math.Min(4L * slack, Array.MaxLength / 2))
        {
            int asked = (int)Math.Min((long)results.Length + slack, Math.Max(generation.Index.Count, 1));
            Neighbor[] rented = ArrayPool<Neighbor>.Shared.Rent(asked);
            try
            {
                Span<Neighbor> hits = rented.AsSpan(0, asked);
                LogPosition marked = generation.ReadMarked();
                int found = generation.Index.SearchLive(query, hits, generation.Less(filter, marked), width);
                end = generation.ReadEnd(log);
                int kept = Generation.DropChanged(hits[..found], marked, end);
                if (kept < results.Length && found == asked && asked < generation.Index.Count)
                    continue;
                kept = Math.Min(kept, results.Length);
                hits[..kept].CopyTo(results);
                return kept;
            }
            finally
            {
                ArrayPool<Neighbor>.Shared.Return(rented);
            }
        }
    }

    /// <summary>The results of the index and the rows of the log, best first.</summary>
    private static int Merge(Generation generation, ChangeLog log, ReadOnlySpan<float> query, Span<Neighbor> results, RowFilter filter, int kept, long end)
    {
        Neighbor[]? rented = null;
        Span<Neighbor> hits = kept <= StackHits ? stackalloc Neighbor[StackHits] : rented = ArrayPool<Neighbor>.Shared.Rent(kept);
        try
        {
            results[..kept].CopyTo(hits);
            var best = new TopK(results);
            foreach (Neighbor hit in hits[..kept])
                best.Offer(hit.Row, hit.Score);
            LogScan.Collect(log, generation.Start, end, generation.Index.Metric, query, filter, ref best);
            return best.Complete();
        }
        finally
        {
            if (rented is not null)
                ArrayPool<Neighbor>.Shared.Return(rented);
        }
    }
}
