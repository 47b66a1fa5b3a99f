namespace Inference.Recommendations.Exploration;

/// <summary>How often items were shown in slates and clicked there, by row of one snapshot, at one moment. Immutable.</summary>
public sealed class ItemArms
{
    private const double LowestRate = 1e-4, HighestRate = 0.5;

    /// <summary>Impressions at <see cref="UsualRate"/> that the average click rate begins with.</summary>
    private const double UsualImpressions = 100;

    private const double UsualRate = 0.02;

    private readonly float[] _shown, _clicked;

    /// <param name="shown">Impressions by row, fading with time; finite, at least 0.</param>
    /// <param name="clicked">Clicks among them, as many numbers; more than the impressions count as those.</param>
    public ItemArms(ReadOnlySpan<float> shown, ReadOnlySpan<float> clicked)
    {
        if (shown.Length != clicked.Length)
            throw new ArgumentException($"{clicked.Length} counts of clicks for {shown.Length} of impressions.", nameof(clicked));
        (_shown, _clicked) = (shown.ToArray(), clicked.ToArray());
        double impressions = UsualImpressions, clicks = UsualImpressions * UsualRate;
        for (int row = 0; row < _shown.Length; row++)
        {
            _clicked[row] = MathF.Min(_clicked[row], _shown[row]);
            impressions += _shown[row];
            clicks += _clicked[row];
        }

        Rate = Math.Clamp(clicks / impressions, LowestRate, HighestRate);
    }

    /// <summary>Nothing was shown yet.</summary>
    public static ItemArms Empty { get; } = new([], []);

    /// <summary>Click rate of the average impression.</summary>
    public double Rate { get; }

    /// <summary>Impressions of an item; 0 for rows that were not counted.</summary>
    public float ShownOf(int row) => row < _shown.Length ? _shown[row] : 0f;

    /// <summary>Clicks of an item.</summary>
    public float ClickedOf(int row) => row < _clicked.Length ? _clicked[row] : 0f;
}
