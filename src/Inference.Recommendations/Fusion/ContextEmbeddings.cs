using System.Collections.Concurrent;
using Inference.Recommendations.Features;

namespace Inference.Recommendations.Fusion;

/// <summary>What the user tower said of contexts with an empty history, by the values of the features that it reads: few values make few contexts, so most requests find theirs here.</summary>
/// <remarks>Contexts are known by a hash of 128 bits. When there are too many, all are forgotten, which costs a tower run each.</remarks>
internal sealed class ContextEmbeddings
{
    /// <summary>Most contexts that are kept: a megabyte or two.</summary>
    private const int Limit = 4_096;

    private readonly ConcurrentDictionary<UInt128, float[]> _embeddings = new();

    /// <summary>What identifies a context: the values of the features that the tower reads, in the order of the schema.</summary>
    public static UInt128 KeyOf(FeatureSchema tower, FeatureSet features)
    {
        var hash = new ContextHash();
        foreach (string name in tower.NameList)
        {
            if (features.TryGet(name, out FeatureValue value))
                hash.Add(value);
            else
                hash.Add(ulong.MaxValue);
        }

        return hash.Value;
    }

    public float[]? Find(UInt128 key) => _embeddings.GetValueOrDefault(key);

    public float[] Keep(UInt128 key, ReadOnlySpan<float> embedding)
    {
        if (_embeddings.Count >= Limit)
            _embeddings.Clear();
        float[] kept = embedding.ToArray();
        _embeddings[key] = kept;
        return kept;
    }
}
