using System.Numerics;
using Inference.Vectors.Files;
using Inference.Vectors.Memory;
using Inference.Vectors.Search;

namespace Inference.Vectors.Graph;

/// <summary>What both layouts of the graph have in common: planning, results, the part of the file that is alike.</summary>
/// <remarks>
/// A search is planned by what it may return: a few eligible rows are scored one by one; with many the graph is searched (see <see cref="Candidates"/>), and the rows are
/// scored after all when that takes longer than scoring would, or finds too few.
/// </remarks>
internal abstract class GraphIndex : VectorIndex
{
    /// <summary>Candidates that are kept where nobody measured how many are needed.</summary>
    public const int UntunedWidth = 96;

    /// <summary>Indexes of so few rows are scored whole.</summary>
    private const int FewRows = 256;

    private const string AbsentSection = "absent";

    private int _disposed;

    private protected GraphIndex(int count, GraphSpace space, EntryLayer entries, RowBits? absent)
        : base(count, space.Dimension, space.Metric)
    {
        Space = space;
        Entries = entries;
        Absent = absent;
        Present = count - (absent?.Members ?? 0);
    }

    /// <inheritdoc/>
    internal override RowBits? Absent { get; }

    /// <summary>
    /// Rows that are scored in the time of one step of a search. Where a filter's rows lie far from the query, the graph is given up after as many steps as scoring takes, so
    /// that such a search takes twice as long as it should and no longer (Benchmarks: index-filters).
    /// </summary>
    private protected abstract int RowsPerStep { get; }

    /// <summary>Rows with a vector.</summary>
    private protected int Present { get; }

    private protected GraphSpace Space { get; }

    private protected EntryLayer Entries { get; }

    /// <summary>Reads what <see cref="WriteTo"/> wrote.</summary>
    private protected static (GraphSpace Space, EntryLayer Entries, RowBits? Absent) ReadCommon(IndexFile file)
    {
        GraphSpace space = GraphSpace.Read(file);
        RowBits? absent = null;
        if (file.Has(AbsentSection))
        {
            ulong[] words = file.Array<ulong>(AbsentSection, RowBits.LengthFor(file.Count));
            if (file.Count % 64 != 0 && words[^1] >> file.Count % 64 != 0)
                throw file.Invalid($"It says that rows are absent that it does not have; there are {file.Count}.");
            absent = new RowBits(file.Count, words);
        }
        return (space, EntryLayer.Read(file, space.Length), absent);
    }

    private protected override void WriteTo(IndexFileWriter writer)
    {
        Space.WriteTo(writer);
        Entries.WriteTo(writer);
        if (Absent is not null)
            writer.Add(AbsentSection, Absent.Words);
    }

    /// <summary>Decides how a search goes about it.</summary>
    /// <param name="wanted">Results, at least 1.</param>
    /// <param name="filter">The caller's.</param>
    /// <param name="width">As asked for; 0 for the tuned one.</param>
    /// <returns>A plan for the graph, or null if the eligible rows are to be scored one by one.</returns>
    private protected SearchPlan? Plan(int wanted, RowFilter filter, int width)
    {
        if (width == Whole)
            return null;
        wanted = Math.Min(wanted, Present);
        bool filtered = filter.Allowed is not null || filter.Denied is not null;
        int eligible = Eligible(filter);
        if (eligible <= FewRows || wanted > eligible / 4)
            return null;
        width = Math.Clamp(width > 0 ? width : Tuning?.Width ?? UntunedWidth, wanted, Present);
        // Hidden rows take places among the candidates: most often their share of them, but changes tend to come where others are.
        if (filter.Hidden is { } hidden)
            width = Math.Max(width, wanted + (int)Math.Min(wanted, (8L * wanted * hidden.Members + Present - 1) / Present));
        if (!filtered)
            return new SearchPlan(width, wanted, filter, IsFiltered: false, Absent, Count, int.MaxValue);
        // Steps that cost as much as scoring all; the search is expected to need its width times the share of the rows that are not eligible.
        int affordable = eligible / RowsPerStep;
        long expected = (long)width * Present / eligible;
        return expected > affordable ? null : new SearchPlan(width, wanted, filter, IsFiltered: true, Absent, Count, affordable);
    }

    /// <summary>The plan for a search that hidden rows crowded out: it is done again as if a filter left them out.</summary>
    private protected SearchPlan Around(in SearchPlan plan) => plan with { IsFiltered = true, MostSteps = Present / RowsPerStep };

    /// <summary>At most so many rows are eligible.</summary>
    private protected int Eligible(RowFilter filter) => Math.Min(filter.Allowed?.Count ?? Present, Math.Max(0, Count - (filter.Denied?.Count ?? 0)));

    /// <summary>Whether a search of the graph left something out that scoring all would find.</summary>
    private protected bool IsShort(int found, in SearchPlan plan) =>
        found < plan.Wanted && found < new EligibleRows(plan.Filter, Absent, Count).Count();

    /// <summary>Turns keys into neighbours.</summary>
    /// <param name="keys">Ascending.</param>
    /// <param name="shift">What all distances lack.</param>
    /// <param name="results">At least as many places as keys are wanted.</param>
    private protected static int Write(in SortedKeys keys, float shift, Span<Neighbor> results)
    {
        int count = Math.Min(keys.Count, results.Length);
        for (int i = 0; i < count; i++)
            results[i] = new Neighbor(SortedKeys.NodeOf(keys[i]), 0 - (SortedKeys.DistanceOf(keys[i]) + shift));
        return count;
    }

    private protected override void Dispose(bool disposing)
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
            ReleaseMemory();
    }

    /// <summary>Ends the index's own holds.</summary>
    private protected virtual void ReleaseMemory() => Entries.Dispose();

    private protected bool IsDisposed => Volatile.Read(ref _disposed) != 0;

    /// <summary>Walks over the eligible rows, a few at a time so that they can be asked for from memory before they are scored.</summary>
    private protected ref struct EligibleWalk(RowFilter filter, RowBits? absent, int count)
    {
        private readonly EligibleRows _rows = new(filter, absent, count);
        private int _word = -1;
        private ulong _left;

        /// <summary>Writes the next rows, ascending, and returns how many: 0 at the end.</summary>
        public int Next(scoped Span<int> rows)
        {
            int taken = 0;
            while (taken < rows.Length)
            {
                while (_left == 0)
                {
                    if (++_word >= _rows.WordCount)
                        return taken;
                    _left = _rows.Word(_word);
                }
                rows[taken++] = _word * 64 + BitOperations.TrailingZeroCount(_left);
                _left &= _left - 1;
            }
            return taken;
        }
    }
}
