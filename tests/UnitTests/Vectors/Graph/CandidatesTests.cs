using Inference.Vectors;
using Inference.Vectors.Graph;
using Inference.Vectors.Graph.Kernels;
using Inference.Vectors.Search;
using Xunit;

namespace UnitTests.Vectors.Graph;

/// <summary>What the queue keeps, where results alone would not tell: a search that gives up scores all rows, which is right and slow.</summary>
public sealed class CandidatesTests
{
    private const int Rows = 1000, Width = 8, Between = 100;

    /// <summary>Rows that may not be results lie between the beginning and those that may: the search has to go through all of them.</summary>
    [Theory]
    [InlineData(true, false)]
    [InlineData(true, true)]
    [InlineData(false, true)]
    public void Expand_WhereOthersThanAFewDeniedRowsLieBetween_GoesThroughThem(bool areAllowed, bool areHidden)
    {
        using RowSet allowed = RowSet.Rent(Rows), denied = RowSet.Rent(Rows);
        for (int row = Between; row < Rows; row++)
            allowed.Add(row);
        denied.Add(Rows - 1);
        RowFilter filter = RowFilter.Of(areAllowed ? allowed : null, denied);
        if (areHidden)
        {
            var hidden = new RowBits(Rows);
            for (int row = 0; row < Between; row++)
                hidden.Add(row);
            filter = filter.Less(hidden);
        }

        using var scratch = new SearchScratch();
        var candidates = default(Candidates);
        candidates.Start(scratch, new SearchPlan(Width, Wanted: 2, filter, IsFiltered: true, Absent: null, Rows, MostSteps: Rows));
        for (int row = 0; row < Between + Width; row++)
        {
            if (row < candidates.Limit)
                candidates.Insert<GraphScalar>(row, row);
        }

        while (candidates.Expand() >= 0)
        {
        }

        Assert.False(candidates.IsExhausted);
        Assert.Equal((Between + Width, Width), (candidates.Steps, candidates.Nearest.Count));
    }

    /// <summary>Of a few denied rows the nearest are met first: the queue has room for all of them and for the width.</summary>
    [Fact]
    public void Expand_WhereAFewDeniedRowsAreNearest_KeepsTheWidthBesideThem()
    {
        using RowSet denied = RowSet.Rent(Rows);
        for (int row = 0; row < Between; row++)
            denied.Add(row);
        using var scratch = new SearchScratch();
        var candidates = default(Candidates);
        candidates.Start(scratch, new SearchPlan(Width, Wanted: 2, RowFilter.Deny(denied), IsFiltered: true, Absent: null, Rows, MostSteps: Rows));
        // From far to near, so that the queue has to drop those that are too far.
        for (int row = 3 * Between; row >= 0; row--)
        {
            if (row < candidates.Limit)
                candidates.Insert<GraphScalar>(row, row);
        }

        while (candidates.Expand() >= 0)
        {
        }

        Assert.False(candidates.IsExhausted);
        Assert.Equal(Enumerable.Range(Between, Width), Nodes(candidates));
    }

    private static List<int> Nodes(Candidates candidates)
    {
        List<int> nodes = [];
        for (int i = 0; i < candidates.Nearest.Count; i++)
            nodes.Add(SortedKeys.NodeOf(candidates.Nearest[i]));
        return nodes;
    }
}
