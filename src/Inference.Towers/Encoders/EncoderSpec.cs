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
    internal const string UserSide = "user", ItemSide = "item";

    /// <summary>Elements per row; null when the graph or the list decides.</summary>
    internal virtual int? Width => 1;

    /// <summary>Whether the input has one column per item of the history.</summary>
    internal virtual bool IsHistory => false;

    /// <summary>Whether every item must have an "id_input".</summary>
    internal virtual bool NeedsIdInputs => false;

    /// <summary>Of ranking models: whose feature is read, "user" (the default) or "item", whose features go before its attributes.</summary>
    public string? Of { get; init; }

    /// <summary>Whether all rows of one user are the same.</summary>
    internal virtual bool IsOfUser => Of != ItemSide;

    /// <summary>Which cross features are read, as a set of <see cref="Recommendations.Ports.CrossFeatures"/>.</summary>
    internal virtual uint Cross => 0;

    /// <summary>Fields that the format does not know; a check reports each.</summary>
    [JsonExtensionData]
    public IDictionary<string, JsonElement>? UnknownFields { get; set; }

    /// <summary>Reports everything that is wrong with the specification itself.</summary>
    internal abstract void Check(SpecCheck check);

    /// <summary>Makes the encoder of a specification without errors, for the side that it reads.</summary>
    /// <param name="width">Elements per row; -1 for a history.</param>
    /// <param name="scope">What encoders know of the bundle.</param>
    internal InputEncoder<T> CreateSided<T>(int width, EncoderScope scope)
        where T : unmanaged, INumberBase<T> =>
        Of == ItemSide ? new ItemSideEncoder<T>(Create<T>(width, scope)) : Create<T>(width, scope);

    /// <summary>Makes the encoder of a specification without errors.</summary>
    /// <param name="width">Elements per row; -1 for a history.</param>
    /// <param name="scope">What encoders know of the bundle.</param>
    internal abstract InputEncoder<T> Create<T>(int width, EncoderScope scope)
        where T : unmanaged, INumberBase<T>;
}
