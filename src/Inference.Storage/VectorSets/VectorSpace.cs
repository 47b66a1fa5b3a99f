using System.Text.Json;
using System.Text.Json.Serialization;
using Inference.Vectors;

namespace Inference.Storage.VectorSets;

/// <summary>How vectors are kept in a vector set.</summary>
public enum VectorQuantization
{
    /// <summary>8 bits a component; the default of Redis.</summary>
    Q8,

    /// <summary>32-bit floating point.</summary>
    None,

    /// <summary>One bit a component.</summary>
    Binary,
}

/// <summary>The vector sets of one embedding space, as they are noted in Redis when they are complete.</summary>
/// <param name="Generation">Hash of what they hold; part of their keys. Vectors of another content have other keys, so that old and new ones never mix.</param>
/// <param name="Shards">How many sets there are: items are spread over them by their ids.</param>
/// <param name="Items">How many items they hold.</param>
/// <param name="Metric">Of the space.</param>
/// <param name="Dimension">Of the space.</param>
/// <param name="Quantization">How they are kept.</param>
/// <param name="Attributes">Attributes of items that are kept with them, for filters.</param>
/// <param name="Pushed">When they were complete.</param>
public sealed record VectorSpace(
    string Generation, int Shards, long Items, Metric Metric, int Dimension, VectorQuantization Quantization, IReadOnlyList<string> Attributes, DateTimeOffset Pushed)
{
    /// <summary>Shards at most.</summary>
    public const int MostShards = 256;

    public string ToJson() => JsonSerializer.Serialize(this, VectorSpaceJson.Default.VectorSpace);

    /// <summary>Null for what is no such note.</summary>
    public static VectorSpace? TryRead(byte[] json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, VectorSpaceJson.Default.VectorSpace) is { Generation.Length: > 0, Shards: >= 1 and <= MostShards, Dimension: > 0, Attributes: not null } space ? space : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>The shard of an item: the same in every process, for ever.</summary>
    public static int ShardOf(ReadOnlySpan<byte> id, int shards)
    {
        // FNV-1a, 32 bits.
        uint hash = 2_166_136_261;
        foreach (byte part in id)
            hash = (hash ^ part) * 16_777_619;
        return (int)(hash % (uint)shards);
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UseStringEnumConverter = true)]
[JsonSerializable(typeof(VectorSpace))]
internal sealed partial class VectorSpaceJson : JsonSerializerContext;
