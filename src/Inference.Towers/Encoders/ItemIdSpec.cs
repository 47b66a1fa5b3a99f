using System.Numerics;

namespace Inference.Towers.Encoders;

/// <summary>The model's id of the item. Shape [batch] or [batch, 1].</summary>
public sealed record ItemIdSpec : EncoderSpec
{
    /// <summary>"row" (the default): the item's place in the catalogue; "id_input": the item's own "id_input".</summary>
    public string? Ids { get; init; }

    /// <summary>Added to each id; 0 when absent.</summary>
    public long? Offset { get; init; }

    /// <summary>Id of an item that is not in the catalogue. Required.</summary>
    public long? Unknown { get; init; }

    internal override bool IsOfUser => false;

    internal override bool NeedsIdInputs => Ids == ItemIds.IdInput;

    internal override void Check(SpecCheck check)
    {
        if (check.OfUsers && !check.OfPairs)
            check.Error("a user has no item id; this encoder belongs to the item tower.");
        ItemIds.Check(check, Ids, Offset);
        if (Unknown is null)
            check.Error("'unknown' is missing: the id of an item that the model was not trained on.");
    }

    internal override InputEncoder<T> Create<T>(int width, EncoderScope scope) =>
        new ItemIdEncoder<T>(scope.Items, Array.ConvertAll(scope.ModelIds(Ids, Offset ?? 0), Element.Of<T>), Element.Of<T>(Unknown!.Value));
}
