using System.Globalization;
using Inference.Training.Features;
using Inference.Training.Splits;
using Xunit;

namespace UnitTests.Training.Features;

public sealed class IdPrefixRuleTests
{
    [Theory]
    [InlineData(true, 3)]
    [InlineData(false, 0)]
    public void Find_WherePrefixesMeanGroups_FindsThem(bool usersFollowGroups, int expected)
    {
        // 200 items in 20 groups of ten with ids "g07" + "003"; a user takes eight items, of one group or any.
        string[] ids = [.. Enumerable.Range(0, 200).Select(i => string.Create(CultureInfo.InvariantCulture, $"g{i / 10:00}{i % 10:000}"))];
        var random = new Random(1);
        List<IReadOnlyList<int>> lists = [.. Enumerable.Range(0, 500).Select(user => (IReadOnlyList<int>)[.. Enumerable.Range(0, 8).Select(_ => usersFollowGroups && random.Next(4) > 0 ? user % 20 * 10 + random.Next(10) : random.Next(200)).Distinct()])];
        Assert.Equal(expected, IdPrefixRule.Find(SplitOf(ids, lists), out double lift));
        Assert.Equal(usersFollowGroups, lift > 1.5);
    }

    [Fact]
    public void Find_OfPlainNumbers_FindsNone()
    {
        string[] ids = [.. Enumerable.Range(1, 300).Select(i => i.ToString(CultureInfo.InvariantCulture))];
        var random = new Random(1);
        Assert.Equal(0, IdPrefixRule.Find(SplitOf(ids, [.. Enumerable.Range(0, 300).Select(_ => (IReadOnlyList<int>)[.. Enumerable.Range(0, 6).Select(_ => random.Next(300)).Distinct()])]), out _));
    }

    private static ColdSplit SplitOf(string[] ids, List<IReadOnlyList<int>> lists)
    {
        RowLists none = RowLists.Of([.. lists.Select(_ => (IReadOnlyList<int>)[])]), noRows = RowLists.Of([]);
        var nobody = new FewShotUsers([], noRows, noRows);
        return new ColdSplit(new SplitItems(ids, ids.Length, 0, new int[ids.Length]), [.. lists.Select((_, i) => $"u{i}")], RowLists.Of(lists), none, none, none, none, nobody, nobody);
    }
}
