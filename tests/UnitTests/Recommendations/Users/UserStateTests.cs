using Inference.Recommendations.Features;
using Inference.Recommendations.Pipeline;
using Inference.Recommendations.Snapshots;
using Inference.Recommendations.Users;
using Xunit;

namespace UnitTests.Recommendations.Users;

public sealed class UserStateTests
{
    [Fact]
    public void RowsIn_AfterEveryChangeOfTheCatalogue_AreThoseOfNow()
    {
        using ItemCatalogue items = Catalogue("a", "b", "c");
        UserState state = Of("c", "late", "a", "never");
        Assert.Null(state.RowsIn(items));
        Assert.Equal([2, 0], state.RowsIn(items)!);
        Assert.Same(state.RowsIn(items), state.RowsIn(items));

        items.Reserve(3, "late");
        Assert.Equal([2, 0], state.RowsIn(items)!);
        items.Publish(1, [], []);
        Assert.Equal([2, 3, 0], state.RowsIn(items)!);
        items.Publish(0, [2], []);
        Assert.Equal([3, 0], state.RowsIn(items)!);
        items.Publish(0, [], [2]);
        Assert.Equal([2, 3, 0], state.RowsIn(items)!);
    }

    [Fact]
    public void RowsIn_OfAnotherCatalogue_AreItsOwn()
    {
        using ItemCatalogue one = Catalogue("a", "b"), other = Catalogue("b", "a");
        UserState state = Of("a");
        _ = state.RowsIn(one);
        Assert.Equal([0], state.RowsIn(one)!);
        Assert.Equal([1], state.RowsIn(other)!);
        Assert.Equal([0], state.RowsIn(one)!);
    }

    [Fact]
    public void History_OfAUserWhoAsksAgain_IsThatOfTheFirstTime()
    {
        using ItemCatalogue items = Catalogue("a", "b", "c");
        items.Reserve(3, "late");
        items.Publish(1, [], []);
        UserState state = Of("c", "late", "gone", "a");
        for (int time = 0; time < 3; time++)
        {
            using var history = new History();
            history.Append(state, items);
            Assert.Equal([2, 3, 0], history.Rows.ToArray());
            Assert.Equal([2, 0], history.Known.ToArray());
        }
    }

    private static ItemCatalogue Catalogue(params string[] ids) => new(ids, new string?[ids.Length]);

    private static UserState Of(params string[] history) => new(new Dictionary<string, FeatureValue>(), history);
}
