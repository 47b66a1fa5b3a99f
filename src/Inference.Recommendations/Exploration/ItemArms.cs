using System.Numerics;

namespace Inference.Recommendations.Exploration;

/// <summary>How often items were shown in slates and clicked there, by row of one snapshot, at one moment. As large as the items that were shown are many, whatever the size of the catalogue. Immutable.</summary>
public sealed class ItemArms
{
    private const double LowestRate = 1e-4, HighestRate = 0.5;

    /// <summary>Impressions at <see cref="UsualRate"/> that the average click rate begins with.</summary>
    private const double UsualImpressions = 100;

    private const double UsualRate = 0.02;

    // A hash table with open addressing; free places have a row of -1.
    private readonly Arm[] _places;
    private readonly int _mask;

    /// <param name="shown">Impressions by row, fading with time; finite, at least 0.</param>
    /// <param name="clicked">Clicks among them, as many numbers; more than the impressions count as those.</param>
    public ItemArms(ReadOnlySpan<float> shown, ReadOnlySpan<float> clicked)
        : this(ArmsOf(shown, clicked))
    {
    }

    /// <param name="arms">Items that were shown, each once, in any order; fields as in the other constructor.</param>
    internal ItemArms(IReadOnlyCollection<Arm> arms)
    {
        _places = new Arm[BitOperations.RoundUpToPowerOf2((uint)Math.Max(1, arms.Count) * 2)];
        _mask = _places.Length - 1;
        Array.Fill(_places, new Arm(-1, 0f, 0f));
        double impressions = UsualImpressions, clicks = UsualImpressions * UsualRate;
        foreach (Arm arm in arms)
        {
            int place = PlaceOf(arm.Row);
            while (_places[place].Row >= 0)
                place = (place + 1) & _mask;
            Arm kept = _places[place] = arm with { Clicked = MathF.Min(arm.Clicked, arm.Shown) };
            impressions += kept.Shown;
            clicks += kept.Clicked;
        }

        Rate = Math.Clamp(clicks / impressions, LowestRate, HighestRate);
    }

    /// <summary>Nothing was shown yet.</summary>
    public static ItemArms Empty { get; } = new([]);

    /// <summary>Click rate of the average impression.</summary>
    public double Rate { get; }

    /// <summary>Impressions of an item; 0 for rows that were not counted.</summary>
    public float ShownOf(int row) => Of(row).Shown;

    /// <summary>Clicks of an item.</summary>
    public float ClickedOf(int row) => Of(row).Clicked;

    private Arm Of(int row)
    {
        for (int place = PlaceOf(row); ; place = (place + 1) & _mask)
        {
            Arm arm = _places[place];
            if (arm.Row == row || arm.Row < 0)
                return arm;
        }
    }

    /// <summary>Where a row is looked for first: multiplied by 2³² over the golden ratio, whose upper bits depend on all of the row's (Knuth, vol. 3, 6.4).</summary>
    private int PlaceOf(int row) => (int)(((uint)row * 0x9E3779B1u) >> 12) & _mask;

    private static List<Arm> ArmsOf(ReadOnlySpan<float> shown, ReadOnlySpan<float> clicked)
    {
        if (shown.Length != clicked.Length)
            throw new ArgumentException($"{clicked.Length} counts of clicks for {shown.Length} of impressions.", nameof(clicked));
        var arms = new List<Arm>();
        for (int row = 0; row < shown.Length; row++)
        {
            if (shown[row] > 0f)
                arms.Add(new Arm(row, shown[row], clicked[row]));
        }

        return arms;
    }

    /// <summary>One item that was shown.</summary>
    /// <param name="Row">Its row.</param>
    /// <param name="Shown">Impressions, above 0.</param>
    /// <param name="Clicked">Clicks.</param>
    internal readonly record struct Arm(int Row, float Shown, float Clicked);
}
