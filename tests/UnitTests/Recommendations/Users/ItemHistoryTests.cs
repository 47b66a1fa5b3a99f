using Inference.Recommendations.Features;
using Inference.Recommendations.Pipeline;
using Inference.Recommendations.Snapshots;
using Inference.Recommendations.Users;
using Xunit;

namespace UnitTests.Recommendations.Users;

public sealed class ItemHistoryTests
{
    [Fact]
    public void History_OfRowsAndOthers_ReadsAsTheirIds()
    {
        using ItemCatalogue items = Catalogue("a", "b", "c");
        var history = new ItemHistory(items, [2, ~0, 0], ["gone"]);

        Assert.Equal(["c", "gone", "a"], history);
        Assert.Equal(["c", "gone", "a", "later", "b"], history.With(["later", "b"]));
        Assert.Equal(3, history.Count);
        Assert.Equal(UserStamp.Of(FeatureSet.None, ["c", "gone", "a"]), UserStamp.Of(FeatureSet.None, history));
    }

    [Fact]
    public void Rows_AreThoseOfTheMoment()
    {
        using ItemCatalogue items = Catalogue("a", "b", "c");
        var state = new UserState(FeatureSet.None, new ItemHistory(items, [2, ~0, 0], ["late"]).With(["b"]));
        Assert.Equal([2, 0, 1], Rows(state, items));
        items.Reserve(3, "late");
        items.Publish(1, [], []);
        Assert.Equal([2, 3, 0, 1], Rows(state, items));
        items.Publish(0, [0], []);
        Assert.Equal([2, 3, 1], Rows(state, items));

        var known = new UserState(FeatureSet.None, new ItemHistory(items, [2, 0, 1], []));
        Assert.Equal([2, 1], Rows(known, items));
        Assert.Null(known.RowsIn(items)); // nothing to look up
    }

    [Fact]
    public void Rows_InAnotherCatalogue_AreItsOwn()
    {
        using ItemCatalogue one = Catalogue("a", "b"), other = Catalogue("b", "a");
        var state = new UserState(FeatureSet.None, new ItemHistory(one, [0], []));
        Assert.Equal([0], Rows(state, one));
        Assert.Equal([1], Rows(state, other));
    }

    private static int[] Rows(UserState state, ItemCatalogue items)
    {
        int[]? first = null;
        // The first question and those that follow go other ways.
        for (int time = 0; time < 3; time++)
        {
            using var history = new History();
            history.Append(state, items);
            int[] rows = history.Rows.ToArray();
            Assert.Equal(first ?? rows, rows);
            first = rows;
        }

        return first!;
    }

    private static ItemCatalogue Catalogue(params string[] ids) => new(ids, new string?[ids.Length]);
}
