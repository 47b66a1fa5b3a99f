namespace Inference.Towers.DeviceSearch;

/// <summary>One search on its way through the device. What it refers to is its own, so a caller that gives up leaves nothing behind that is written to later.</summary>
/// <param name="Query">As <see cref="ItemVectors.WriteQuery"/> made it.</param>
/// <param name="Wanted">Rows that the device is to hand over.</param>
/// <param name="Hits">Receives them.</param>
internal readonly record struct DeviceQuery(float[] Query, int Columns, int Wanted, DeviceHits Hits)
{
    public ReadOnlySpan<float> Prepared => Query.AsSpan(0, Columns);
}
