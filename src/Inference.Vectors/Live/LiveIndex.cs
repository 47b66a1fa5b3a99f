using System.Numerics.Tensors;
using Inference.Vectors.Exact;
using Inference.Vectors.Live;
using Inference.Vectors.Search;

namespace Inference.Vectors;

/// <summary>An index whose rows come, change and go while it is searched.</summary>
/// <remarks>
/// <list type="number">
/// <item>A change is appended to a log. A search asks a frozen index, which hides changed rows, then scans the changes: see <see cref="Generation"/> for how it gets the
/// state of one moment, without a lock. A changed row is found once, with its old or its new vector; one that was deleted is not found once the call has returned.</item>
/// <item>When enough changes wait, a thread builds the next index from the current one and them (<see cref="VectorIndex.Merged"/>). Changes go on meanwhile.</item>
/// <item>It replaces index, hidden rows and start of the log in one step. Searches that run keep what they have; it goes with the last of them.</item>
/// </list>
/// <para>A merge that fails leaves everything as it is; it is counted, reported and tried again by later changes. Without changes no thread and no timer runs.</para>
/// <para>Searches never wait and allocate nothing once warm. Changes come one at a time, from any thread. Rows are numbers of the caller's choice; a number that was never
/// used or was deleted is absent. Sets of a filter may be over any number of rows: those behind it are not allowed by an allow set, and not denied by a deny set.</para>
/// </remarks>
public sealed class LiveIndex : ISearchable, IDisposable
{
    private readonly LiveRows _rows;

    /// <summary>Goes on from an index.</summary>
    /// <param name="index">Passes to the live index, which disposes it. Its kind decides how searches go and which kind merges make.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    public LiveIndex(VectorIndex index, LiveOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(index);
        LiveOptions chosen = (options ?? new LiveOptions()).Checked(index.Count, index.Kind);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(index.Count, chosen.MaxRowCount);
        Dimension = index.Dimension;
        Metric = index.Metric;
        Kind = index.Kind;
        _rows = new LiveRows(index, chosen);
    }

    /// <summary>Elements of a row and of a query.</summary>
    public int Dimension { get; }

    /// <summary>How vectors are compared.</summary>
    public Metric Metric { get; }

    /// <summary>How the merged rows are searched.</summary>
    public IndexKind Kind { get; }

    /// <summary>Rows that are there.</summary>
    public int Count => _rows.Count;

    /// <summary>The largest row number ever used, plus one.</summary>
    public int RowCount => _rows.RowCount;

    /// <summary>Changes that are not merged yet.</summary>
    public int Pending => _rows.Pending;

    /// <summary>Merges that took place.</summary>
    public long Merges => _rows.History.Successes;

    /// <summary>Merges that failed.</summary>
    public long FailedMerges => _rows.History.Failures;

    /// <summary>What the last merge that failed threw; null if none has since one succeeded.</summary>
    public Exception? LastFailure => _rows.History.LastFailure;

    /// <summary>How long the last merge took that took place.</summary>
    public TimeSpan LastMergeDuration => _rows.History.LastDuration;

    /// <summary>Bytes of memory that the merged rows take; waiting changes come on top of it.</summary>
    public long Bytes => _rows.Current.Index.Bytes;

    /// <summary>What was measured when the index was tuned; null where nobody did. Merges keep it.</summary>
    public IndexTuning? Tuning => _rows.Current.Index.Tuning;

    /// <summary>Writes the best eligible rows, best first; equal scores by ascending row.</summary>
    /// <inheritdoc cref="VectorIndex.Search(ReadOnlySpan{float}, Span{Neighbor}, RowFilter, int)" path="/param"/>
    /// <returns>How many were written.</returns>
    /// <exception cref="ArgumentException">The query has the wrong length or holds NaN or infinity.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The width is negative.</exception>
    /// <exception cref="ObjectDisposedException">The index is disposed.</exception>
    public int Search(ReadOnlySpan<float> query, Span<Neighbor> results, RowFilter filter = default, int width = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(width);
        Generation generation = _rows.Hold();
        try
        {
            generation.Index.ThrowIfUnfit(query);
            return results.IsEmpty ? 0 : LiveSearch.One(generation, _rows.Log, query, results, filter, width);
        }
        finally
        {
            generation.Release();
        }
    }

    /// <summary>As a search, but every eligible row is scored by what the index holds of it: nothing is missed that a graph could miss. Of exact kinds it is the search.</summary>
    /// <inheritdoc cref="Search(ReadOnlySpan{float}, Span{Neighbor}, RowFilter, int)" path="/param[@name='query' or @name='results' or @name='filter']"/>
    /// <returns>How many were written: the smaller of the places and the eligible rows.</returns>
    /// <exception cref="ArgumentException">The query has the wrong length or holds NaN or infinity.</exception>
    /// <exception cref="ObjectDisposedException">The index is disposed.</exception>
    public int SearchExact(ReadOnlySpan<float> query, Span<Neighbor> results, RowFilter filter = default)
    {
        Generation generation = _rows.Hold();
        try
        {
            generation.Index.ThrowIfUnfit(query);
            return results.IsEmpty ? 0 : LiveSearch.One(generation, _rows.Log, query, results, filter, VectorIndex.Whole);
        }
        finally
        {
            generation.Release();
        }
    }

    /// <summary>A moment: a search that begins after it was read sees every change before it.</summary>
    public IndexMoment Now => new(_rows.Current.ReadMarked());

    /// <summary>Adds the rows that changed since a moment, be it that they came, went or have another vector.</summary>
    /// <param name="since">Of this index. Whoever holds it holds the changes after it in memory.</param>
    /// <param name="rows">Receives them; numbers behind its own are left out.</param>
    /// <returns>Whether there was any change.</returns>
    public bool AddChanged(IndexMoment since, RowSet rows)
    {
        long end = _rows.Log.Count;
        foreach (LogRun run in since.Position.To(end))
        {
            for (int i = run.From; i < run.To; i++)
            {
                if (run.Block.Row(i) < rows.RowCount)
                    rows.Add(run.Block.Row(i));
            }
        }
        return end > since.Position.Position;
    }

    /// <summary>How often a row came, went or got another vector. A search that begins after it was read sees all of these changes.</summary>
    public long ChangeCount => _rows.Log.Count;

    /// <summary>Does several searches together. Each finds what <see cref="Search(ReadOnlySpan{float}, Span{Neighbor}, RowFilter, int)"/> would.</summary>
    /// <param name="requests">Queries and places for their results. <see cref="SearchRequest.Found"/> is set.</param>
    /// <param name="width">As in the search of one.</param>
    /// <inheritdoc cref="Search(ReadOnlySpan{float}, Span{Neighbor}, RowFilter, int)" path="/exception"/>
    public void Search(Span<SearchRequest> requests, int width = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(width);
        Generation generation = _rows.Hold();
        try
        {
            foreach (ref SearchRequest request in requests)
                generation.Index.ThrowIfUnfit(request.Query.Span);
            LiveSearch.Many(generation, _rows.Log, requests, width);
        }
        finally
        {
            generation.Release();
        }
    }

    /// <summary>Any filter fits.</summary>
    void ISearchable.ThrowIfUnfit(ReadOnlySpan<float> query, RowFilter filter)
    {
        Generation generation = _rows.Hold();
        try
        {
            generation.Index.ThrowIfUnfit(query);
        }
        finally
        {
            generation.Release();
        }
    }

    /// <summary>Whether a row is there.</summary>
    public bool Contains(int row) => _rows.Contains(row);

    /// <summary>The score of one row, as a search gives it; NaN if the row is not there.</summary>
    /// <inheritdoc cref="Score(ReadOnlySpan{float}, ReadOnlySpan{int}, Span{float})" path="/exception"/>
    public float Score(ReadOnlySpan<float> query, int row)
    {
        float score = 0;
        Score(query, new ReadOnlySpan<int>(in row), new Span<float>(ref score));
        return score;
    }

    /// <summary>The scores of some rows, in their order, with the bits that a search gives them; rows may repeat. NaN for rows that are not there.</summary>
    /// <remarks>Rows that changed since the last merge are scored one by one, after a short wait for changes that are just made.</remarks>
    /// <param name="query"><see cref="Dimension"/> finite elements.</param>
    /// <param name="rows">Any numbers.</param>
    /// <param name="scores">At least as many as <paramref name="rows"/>.</param>
    /// <exception cref="ArgumentException">The query has the wrong length or holds NaN or infinity, or there are fewer places than rows.</exception>
    /// <exception cref="ObjectDisposedException">The index is disposed.</exception>
    public void Score(ReadOnlySpan<float> query, ReadOnlySpan<int> rows, Span<float> scores)
    {
        if (scores.Length < rows.Length)
            throw new ArgumentException($"{scores.Length} places for the scores of {rows.Length} rows.", nameof(scores));
        Generation generation = _rows.Hold();
        try
        {
            generation.Index.ThrowIfUnfit(query);
            for (int i = 0; i < rows.Length; i++)
            {
                // Rows that did not change are scored together: an index prepares the query once for all of them.
                int end = i;
                while (end < rows.Length && IsInIndex(generation, rows[end]))
                    end++;
                if (end > i)
                    generation.Index.Score(query, rows[i..end], scores[i..end]);
                if ((i = end) < rows.Length)
                    scores[i] = _rows.ScoreChanged(query, rows[i]);
            }
        }
        finally
        {
            generation.Release();
        }
    }

    /// <summary>The vector of a row, as <see cref="VectorIndex.CopyVector"/> gives it. For a row that changed since the last merge it waits for changes that are just made, a matter of microseconds.</summary>
    /// <param name="row">Any number.</param>
    /// <param name="vector">At least <see cref="Dimension"/> elements.</param>
    /// <returns>False if the row is not there.</returns>
    /// <exception cref="ArgumentException">Too few elements.</exception>
    /// <exception cref="ObjectDisposedException">The index is disposed.</exception>
    public bool TryCopyVector(int row, Span<float> vector)
    {
        if (vector.Length < Dimension)
            throw new ArgumentException($"{vector.Length} places for a vector of {Dimension} dimensions.", nameof(vector));
        Generation generation = _rows.Hold();
        try
        {
            if (IsInIndex(generation, row))
            {
                generation.Index.CopyVector(row, vector);
                return true;
            }
        }
        finally
        {
            generation.Release();
        }
        return _rows.TryCopyChanged(row, vector);
    }

    /// <summary>Adds a row or replaces its vector. Searches that begin after the call see it.</summary>
    /// <param name="row">0 to <see cref="LiveOptions.MaxRowCount"/> − 1; numbers below that were never used become absent rows.</param>
    /// <param name="vector"><see cref="Dimension"/> finite elements.</param>
    /// <param name="cancellationToken">Ends the wait for room; the change is then not made.</param>
    /// <exception cref="ArgumentOutOfRangeException">No such row.</exception>
    /// <exception cref="ArgumentException">The vector has the wrong length or holds NaN or infinity.</exception>
    /// <exception cref="InvalidOperationException">Too many changes wait for a merge, and changes are not to wait.</exception>
    /// <exception cref="ObjectDisposedException">The index is disposed.</exception>
    public void Upsert(int row, ReadOnlySpan<float> vector, CancellationToken cancellationToken = default) => _rows.Upsert(row, vector, Check(vector), cancellationToken);

    /// <summary>Adds a row with the number <see cref="RowCount"/> and returns that.</summary>
    /// <inheritdoc cref="Upsert" path="/param[@name='vector' or @name='cancellationToken']"/>
    /// <inheritdoc cref="Upsert" path="/exception"/>
    public int Append(ReadOnlySpan<float> vector, CancellationToken cancellationToken = default) => _rows.Append(vector, Check(vector), cancellationToken);

    /// <summary>Removes a row. Searches that begin after the call do not find it; its number can be used again.</summary>
    /// <param name="row">Any number.</param>
    /// <param name="cancellationToken">Ends the wait for room; the change is then not made.</param>
    /// <returns>False if the row was not there.</returns>
    /// <exception cref="InvalidOperationException">Too many changes wait for a merge, and changes are not to wait.</exception>
    /// <exception cref="ObjectDisposedException">The index is disposed.</exception>
    public bool Delete(int row, CancellationToken cancellationToken = default) => _rows.Delete(row, cancellationToken);

    /// <summary>Merges all changes made before the call, now, and waits for that.</summary>
    /// <param name="cancellationToken">Ends the wait, not the merge.</param>
    /// <exception cref="InvalidOperationException">The merge failed; the inner exception says why.</exception>
    /// <exception cref="ObjectDisposedException">The index is disposed.</exception>
    public void Merge(CancellationToken cancellationToken = default) => _rows.Merge(cancellationToken);

    /// <summary>Merges all changes made before the call and writes the index to a file, see <see cref="VectorIndex.Save"/>.</summary>
    /// <inheritdoc cref="Merge" path="/exception"/>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Save(string path, CancellationToken cancellationToken = default)
    {
        Merge(cancellationToken);
        Generation generation = _rows.Hold();
        try
        {
            generation.Index.Save(path);
        }
        finally
        {
            generation.Release();
        }
    }

    /// <summary>Ends the merge that may run, whose result is dropped, and lets go of the memory once running searches have ended.</summary>
    public void Dispose() => _rows.Dispose();

    private float Check(ReadOnlySpan<float> vector)
    {
        if (vector.Length != Dimension)
            throw new ArgumentException($"The vector has {vector.Length} dimensions, the index {Dimension}.", nameof(vector));
        if (!TensorPrimitives.IsFiniteAll(vector))
            throw new ArgumentException("The vector holds NaN or infinity; vectors must be finite.", nameof(vector));
        return Metric == Metric.Cosine ? InverseNorms.Of(vector) : 0;
    }

    /// <summary>Whether the index of a generation has the row's latest vector. A row that changes meanwhile may still be in it.</summary>
    private static bool IsInIndex(Generation generation, int row) => generation.Index.HasVector(row) && !generation.Hides(row);
}
