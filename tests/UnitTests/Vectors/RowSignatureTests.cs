using Inference.Vectors;
using Xunit;

namespace UnitTests.Vectors;

/// <summary>A signature may say "perhaps" too often, but never "no" of a member.</summary>
public sealed class RowSignatureTests
{
    private const int Rows = 1_000_000;

    [Theory]
    [InlineData(20, 0.06)]
    [InlineData(100, 0.22)]
    public void MayContain_OfRows_IsTrueOfMembersAndSeldomOfOthers(int members, double most)
    {
        var random = new Random(members);
        // Those of a catalogue in order of arrival too, where a user's rows are near to each other.
        foreach (int span in (int[])[Rows, 4 * members])
        {
            var signature = default(RowSignature);
            HashSet<int> added = [];
            while (added.Count < members)
                added.Add(random.Next(span));
            foreach (int row in added)
                signature.Add(row);

            Assert.All(added, row => Assert.True(signature.MayContain(row)));
            int[] others = [.. Enumerable.Range(0, 20_000).Select(_ => random.Next(Rows)).Where(row => !added.Contains(row))];
            Assert.InRange(others.Count(row => signature.MayContain(row)) / (double)others.Length, 0, most);
        }
    }

    [Fact]
    public void Signature_OfASet_FollowsIt()
    {
        using RowSet set = RowSet.Rent(Rows);
        set.AddRange([3, 70_000, 999_999]);
        set.Remove(70_000);
        using RowSet copy = set.Copy();

        foreach (RowSet one in (RowSet[])[set, copy])
            Assert.True(one.Signature.MayContain(3) && one.Signature.MayContain(999_999));
        Assert.Contains(Enumerable.Range(0, 1000), row => !set.Signature.MayContain(row));
        set.Clear();
        Assert.DoesNotContain(Enumerable.Range(0, 1000), row => set.Signature.MayContain(row));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(100)]
    [InlineData(300)]
    [InlineData(20_000)]
    public void Signature_OfASetFromABitmap_KnowsAllItsMembers(int members)
    {
        var random = new Random(members);
        using RowSet first = RowSet.Rent(Rows);
        while (first.Count < members)
            first.Add(random.Next(Rows));
        var words = new ulong[(Rows + 63) / 64];
        first.CopyTo(words);

        using RowSet set = RowSet.Rent(Rows, words);

        Assert.Equal(members, set.Count);
        for (int row = set.NextFrom(0); row >= 0; row = set.NextFrom(row + 1))
            Assert.True(set.Signature.MayContain(row));
    }
}
