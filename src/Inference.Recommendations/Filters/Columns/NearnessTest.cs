using Inference.Recommendations.Filters.Syntax;

namespace Inference.Recommendations.Filters.Columns;

/// <summary>
/// Rows whose place lies within a distance along a great circle: the haversine formula on a sphere with the Earth's mean radius, which is right to half a percent. Rows in other latitudes are left out before anything is worked out.
/// </summary>
/// <param name="first">Lists of latitude and longitude, or latitudes; null where no item has one.</param>
/// <param name="second">Longitudes; null where no item has one, or <paramref name="first"/> holds both.</param>
/// <param name="nearness">What is asked.</param>
internal sealed class NearnessTest(AttributeColumn? first, AttributeColumn? second, Nearness nearness) : RowTest
{
    /// <summary>Metres: the mean radius of the Earth (IUGG).</summary>
    private const double Radius = 6_371_008.8;

    private readonly double _band = nearness.Metres / Radius * (180 / Math.PI);
    private readonly double _most = nearness.Metres >= Math.PI * Radius ? 1 : Math.Pow(Math.Sin(nearness.Metres / (2 * Radius)), 2);
    private readonly double _cosine = Math.Cos(nearness.Latitude * (Math.PI / 180));

    public override void Run(int firstWord, Span<ulong> words)
    {
        words.Clear();
        if (first is null || (nearness.Second is not null && second is null))
            return;
        for (int i = 0; i < words.Length * 64; i++)
        {
            if (TryPlace((firstWord * 64) + i, out double latitude, out double longitude) && IsNear(latitude, longitude))
                words[i >> 6] |= 1UL << i;
        }
    }

    private bool TryPlace(int row, out double latitude, out double longitude)
    {
        latitude = longitude = double.NaN;
        if (nearness.Second is null)
        {
            if (first!.NumberLists is null || first.NumberLists.Of(row) is not [var lat, var lon])
                return false;
            (latitude, longitude) = (lat, lon);
            return true;
        }

        if (first!.Numbers.Length == 0 || second!.Numbers.Length == 0)
            return false;
        (latitude, longitude) = (first.Numbers[row], second.Numbers[row]);
        return true;
    }

    /// <summary>False for NaN and for what is no place.</summary>
    private bool IsNear(double latitude, double longitude)
    {
        double north = latitude - nearness.Latitude;
        if (!(Math.Abs(north) <= _band + 1e-9) || !(Math.Abs(latitude) <= 90) || !(Math.Abs(longitude) <= 180))
            return false;
        double sinNorth = Math.Sin(north * (Math.PI / 360)), sinEast = Math.Sin((longitude - nearness.Longitude) * (Math.PI / 360));
        return (sinNorth * sinNorth) + (_cosine * Math.Cos(latitude * (Math.PI / 180)) * sinEast * sinEast) <= _most;
    }
}
