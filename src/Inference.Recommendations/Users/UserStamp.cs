using Inference.Recommendations.Features;

namespace Inference.Recommendations.Users;

/// <summary>A 64-bit fingerprint of features and history: FNV-1a (IETF draft-eastlake-fnv) over the UTF-16 of ids, and over features in any order. The same in every process, and never 0.</summary>
internal static class UserStamp
{
    private const ulong Start = 14_695_981_039_346_656_037, Prime = 1_099_511_628_211;

    public static ulong Of(IReadOnlyDictionary<string, FeatureValue> features, IReadOnlyList<string> history)
    {
        ulong stamp = Start;
        for (int i = 0; i < history.Count; i++)
            stamp = Add(stamp, history is ItemHistory stored ? stored.CharactersOf(i) : history[i]);
        ulong sum = 0;
        foreach (KeyValuePair<string, FeatureValue> feature in features)
            sum += Add(Add(Start ^ (byte)feature.Value.Kind, feature.Key), feature.Value.ToString());
        stamp = (stamp ^ sum) * Prime;
        return stamp == 0 ? 1 : stamp;
    }

    private static ulong Add(ulong hash, ReadOnlySpan<char> text)
    {
        foreach (char c in text)
            hash = (hash ^ c) * Prime;
        return (hash ^ 0xFFFF) * Prime;
    }
}
