using System.Numerics;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Inference.Towers.Encoders;

/// <summary>
/// What fills one input of a tower, as the manifest says it: an object with a "type" and the fields of that type. Values that the model gets ("missing", "unknown",
/// "pad", ids) are in the model's own terms; numbers that are compared with features are in the feature's.
/// </summary>
[JsonConverter(typeof(EncoderSpecConverter))]
public abstract record EncoderSpec
{
    /// <summary>Elements per row; null when the graph or the list decides.</summary>
    internal virtual int? Width => 1;

    /// <summary>Whether the input has one column per item of the history.</summary>
    internal virtual bool IsHistory => false;

    /// <summary>Whether every item must have an "id_input".</summary>
    internal virtual bool NeedsIdInputs => false;

    /// <summary>Fields that the format does not know; a check reports each.</summary>
    [JsonExtensionData]
    public IDictionary<string, JsonElement>? UnknownFields { get; set; }

    /// <summary>Reports everything that is wrong with the specification itself.</summary>
    internal abstract void Check(SpecCheck check);

    /// <summary>Makes the encoder of a specification without errors.</summary>
    /// <param name="width">Elements per row; -1 for a history.</param>
    /// <param name="scope">What encoders know of the bundle.</param>
    internal abstract InputEncoder<T> Create<T>(int width, EncoderScope scope)
        where T : unmanaged, INumberBase<T>;
}
