using System.Numerics;

namespace Inference.Towers.Encoders;

/// <summary>The model's ids of the items of the history. Shape [batch, history].</summary>
public sealed record HistoryIdsSpec : EncoderSpec
{
    /// <summary>"row" (the default): the item's place in the catalogue; "id_input": the item's own "id_input".</summary>
    public string? Ids { get; init; }

    /// <summary>Added to each id; 0 when absent.</summary>
    public long? Offset { get; init; }

    /// <summary>Id of padding; 0 when absent.</summary>
    public long? Pad { get; init; }

    internal override int? Width => null;

    internal override bool IsHistory => true;

    internal override bool NeedsIdInputs => Ids == ItemIds.IdInput;

    internal override void Check(SpecCheck check)
    {
        check.NeedsHistory();
        ItemIds.Check(check, Ids, Offset);
    }

    internal override InputEncoder<T> Create<T>(int width, EncoderScope scope)
    {
        long[] ids = scope.ModelIds(Ids, Offset ?? 0);
        return new HistoryIdsEncoder<T>(Array.ConvertAll(ids, Element.Of<T>), Element.Of<T>(Pad ?? 0), scope.History!);
    }
}
