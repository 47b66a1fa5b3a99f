using System.Globalization;

namespace Inference.Cli.Load;

/// <summary>Shares of the kinds of requests, as in "warm=70,cold=10,session=10,filtered=5,events=5". They need not add up to anything.</summary>
internal sealed class TrafficMix
{
    private static readonly LoadKind[] All = Enum.GetValues<LoadKind>();

    private readonly double[] _shares;

    private TrafficMix(double[] shares) => _shares = shares;

    /// <summary>Weights by kind, none negative, not all zero.</summary>
    public ReadOnlySpan<double> Shares => _shares;

    /// <summary>The kinds that occur.</summary>
    public IEnumerable<LoadKind> Kinds => All.Where(kind => _shares[(int)kind] > 0);

    /// <summary>Known users, and a share of users never seen.</summary>
    public static TrafficMix Of(double coldShare)
    {
        double[] shares = new double[All.Length];
        shares[(int)LoadKind.Warm] = 1 - coldShare;
        shares[(int)LoadKind.Cold] = coldShare;
        return new TrafficMix(shares);
    }

    /// <returns>The mix; null when the text is none, and then <paramref name="error"/> says why.</returns>
    public static TrafficMix? Parse(string text, out string error)
    {
        double[] shares = new double[All.Length];
        foreach (string part in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            string[] sides = part.Split('=');
            if (!Enum.TryParse(sides[0], ignoreCase: true, out LoadKind kind) || char.IsAsciiDigit(sides[0][0]))
            {
                error = $"'{sides[0]}' is no kind of request; there are {string.Join(", ", All.Select(NameOf))}";
                return null;
            }

            double share = 1;
            if (sides.Length > 2 || (sides.Length == 2 && !(double.TryParse(sides[1], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out share) && share >= 0 && double.IsFinite(share))))
            {
                error = $"'{part}' is no share like {NameOf(kind)}=70";
                return null;
            }

            shares[(int)kind] += share;
        }

        bool isAny = shares.Any(share => share > 0);
        error = isAny ? "" : "no kind has a share";
        return isAny ? new TrafficMix(shares) : null;
    }

    public static string NameOf(LoadKind kind) => kind.ToString().ToLowerInvariant();
}
