using Inference.Training.Chance;
using Inference.Training.Splits;

namespace Inference.Training.Features;

/// <summary>
/// Finds how many first characters of item ids group items, as the stock codes of many shops do:
/// <list type="number">
/// <item>Prefixes of up to six characters come into question that nine of ten ids are longer than, and whose distinct values number 2 % to 50 % of the training items.</item>
/// <item>The lift of a prefix: how much more often two items that share it are taken by the same users than two items drawn at random, each measured against what their popularities alone
/// would give. At least 1.5 is asked for.</item>
/// <item>Of several, the shortest: new items share it more often with items that are known.</item>
/// </list>
/// </summary>
internal static class IdPrefixRule
{
    private const int LongestPrefix = 6, Pairs = 20_000, FewestItems = 50;
    private const double FewestShare = 0.02, MostShare = 0.5, FewestLonger = 0.9, LeastLift = 1.5;

    /// <summary>Number of characters; 0 where no prefix groups items.</summary>
    /// <param name="split">Only its training part is read.</param>
    /// <param name="lift">The lift of that prefix, or else the largest of any; NaN where no prefix has the right number of values.</param>
    public static int Find(ColdSplit split, out double lift)
    {
        lift = double.NaN;
        int count = split.Items.TrainingCount;
        if (count < FewestItems)
            return 0;
        int[][] users = UsersOf(split);
        for (int length = 1; length <= LongestPrefix; length++)
        {
            int[][] groups = GroupsOf(split.Items, length, out int longer);
            if (longer < FewestLonger * count)
                return 0;
            if (groups.Length < FewestShare * count || groups.Length > MostShare * count)
                continue;
            double found = LiftOf(users, groups);
            lift = found <= lift ? lift : found;
            if (found >= LeastLift)
                return length;
        }

        return 0;
    }

    private static int[][] GroupsOf(SplitItems items, int length, out int longer)
    {
        var groups = new Dictionary<string, List<int>>(StringComparer.Ordinal);
        longer = 0;
        for (int item = 0; item < items.TrainingCount; item++)
        {
            string id = items.Ids[item];
            longer += id.Length > length ? 1 : 0;
            string prefix = id[..Math.Min(length, id.Length)];
            if (!groups.TryGetValue(prefix, out List<int>? group))
                groups[prefix] = group = [];
            group.Add(item);
        }

        return [.. groups.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => pair.Value.ToArray())];
    }

    private static double LiftOf(int[][] users, int[][] groups)
    {
        int[][] several = [.. groups.Where(group => group.Length > 1)];
        if (several.Length == 0)
            return 0;
        // Items, not groups, are drawn: a group counts by its size.
        int[] groupOf = new int[users.Length];
        Array.Fill(groupOf, -1);
        var members = new List<int>();
        for (int g = 0; g < several.Length; g++)
        {
            foreach (int item in several[g])
            {
                groupOf[item] = g;
                members.Add(item);
            }
        }

        var random = new SeededRandom(17, 1);
        double sameTogether = 0, sameExpected = 0, anyTogether = 0, anyExpected = 0;
        for (int pair = 0; pair < Pairs; pair++)
        {
            int first = members[random.NextInt(members.Count)];
            int[] group = several[groupOf[first]];
            int second = group[random.NextInt(group.Length)];
            if (first != second)
            {
                sameTogether += Common(users[first], users[second]);
                sameExpected += (double)users[first].Length * users[second].Length;
            }

            int other = random.NextInt(users.Length);
            if (first != other)
            {
                anyTogether += Common(users[first], users[other]);
                anyExpected += (double)users[first].Length * users[other].Length;
            }
        }

        double any = anyTogether / Math.Max(1, anyExpected);
        return any == 0 ? 0 : sameTogether / Math.Max(1, sameExpected) / any;
    }

    private static int[][] UsersOf(ColdSplit split)
    {
        var users = new List<int>[split.Items.TrainingCount];
        for (int item = 0; item < users.Length; item++)
            users[item] = [];
        for (int user = 0; user < split.Training.Count; user++)
        {
            foreach (int item in split.Training[user])
                users[item].Add(user);
        }

        return [.. users.Select(list => list.ToArray())];
    }

    /// <summary>Number of values that two ascending lists share.</summary>
    private static int Common(int[] first, int[] second)
    {
        int i = 0, j = 0, common = 0;
        while (i < first.Length && j < second.Length)
        {
            int order = first[i].CompareTo(second[j]);
            common += order == 0 ? 1 : 0;
            i += order <= 0 ? 1 : 0;
            j += order >= 0 ? 1 : 0;
        }

        return common;
    }
}
