using System.Globalization;

namespace Inference.Server.Models;

/// <summary>The order of versions by the names of their folders: numbers by value and above other names; other names as text.</summary>
internal sealed class VersionOrder : IComparer<string?>
{
    public static VersionOrder Instance { get; } = new();

    public int Compare(string? x, string? y)
    {
        bool isNumberX = ulong.TryParse(x, NumberStyles.None, CultureInfo.InvariantCulture, out ulong numberX);
        bool isNumberY = ulong.TryParse(y, NumberStyles.None, CultureInfo.InvariantCulture, out ulong numberY);
        return isNumberX && isNumberY ? numberX.CompareTo(numberY) : isNumberX != isNumberY ? isNumberX.CompareTo(isNumberY) : string.CompareOrdinal(x, y);
    }
}
