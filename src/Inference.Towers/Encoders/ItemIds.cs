namespace Inference.Towers.Encoders;

/// <summary>Where a model's item ids come from.</summary>
internal static class ItemIds
{
    /// <summary>The row of the catalogue: the default.</summary>
    public const string Row = "row";

    /// <summary>The "id_input" of each item in the catalogue file.</summary>
    public const string IdInput = "id_input";

    public static void Check(SpecCheck check, string? ids, long? offset)
    {
        check.OneOf(ids, "ids", Row, IdInput);
        check.InRange(offset, "offset", int.MinValue, int.MaxValue);
    }
}
