namespace UnitTests.Training.Splits;

/// <summary>The protocol in sets and lists of pairs, as a reference that is easy to believe: no item numbers, no compact rows.</summary>
internal sealed class SimpleSplit
{
    public List<string> Users { get; } = [];

    public Dictionary<string, List<string>> Training { get; } = [];

    public Dictionary<string, List<string>> WarmValidation { get; } = [];

    public Dictionary<string, List<string>> WarmTest { get; } = [];

    public Dictionary<string, List<string>> ColdValidation { get; } = [];

    public Dictionary<string, List<string>> ColdTest { get; } = [];

    public Dictionary<string, List<string>> Validation { get; } = [];

    public Dictionary<string, List<string>> Test { get; } = [];

    public static SimpleSplit ByTime(IEnumerable<(string User, string Item, long Second)> events, long validation, long test)
    {
        var split = new SimpleSplit();
        List<(string User, string Item, long Second)> firsts = [.. events.OrderBy(e => e.Second).DistinctBy(e => (e.User, e.Item))];
        Dictionary<string, long> itemSeen = firsts.GroupBy(e => e.Item).ToDictionary(g => g.Key, g => g.First().Second);
        List<IGrouping<string, (string User, string Item, long Second)>> users = [.. firsts.GroupBy(e => e.User)];
        HashSet<string> catalogue = [.. users.Where(user => user.First().Second < validation).SelectMany(user => user).Where(e => e.Second < validation).Select(e => e.Item)];
        foreach (IGrouping<string, (string User, string Item, long Second)> user in users)
        {
            if (user.First().Second < validation)
            {
                split.Users.Add(user.Key);
                split.Training[user.Key] = [.. user.Where(e => e.Second < validation).Select(e => e.Item)];
                split.WarmValidation[user.Key] = [.. user.Where(e => e.Second >= validation && e.Second < test && catalogue.Contains(e.Item)).Select(e => e.Item)];
                split.WarmTest[user.Key] = [.. user.Where(e => e.Second >= test && catalogue.Contains(e.Item)).Select(e => e.Item)];
                split.ColdValidation[user.Key] = [.. user.Where(e => e.Second < test && itemSeen[e.Item] >= validation && itemSeen[e.Item] < test).Select(e => e.Item)];
                split.ColdTest[user.Key] = [.. user.Where(e => itemSeen[e.Item] >= test).Select(e => e.Item)];
                continue;
            }

            List<string> known = [.. user.Where(e => catalogue.Contains(e.Item)).Select(e => e.Item)];
            if (known.Count >= 15)
                (user.First().Second < test ? split.Validation : split.Test)[user.Key] = known;
        }

        return split;
    }
}
