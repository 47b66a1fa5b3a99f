namespace Inference.Recommendations.Guards;

/// <summary>The floors of a server. Shares add up to at most 1, so that all of them can be kept at once. Immutable.</summary>
public sealed class ExposureFloors
{
    /// <summary>Most floors: an item's groups are bits of one number.</summary>
    public const int Most = 16;

    /// <summary>Shares like 0.1 have no exact form; what rounding adds to their sum does not count.</summary>
    private const double Rounding = 1e-9;

    private readonly ExposureFloor[] _floors;
    private readonly double[] _shares;

    private ExposureFloors(ExposureFloor[] floors)
    {
        _floors = floors;
        _shares = [.. floors.Select(floor => floor.Share)];
        NewItemsBit = Array.FindIndex(floors, floor => floor.IsOfNewItems) is >= 0 and int place ? 1u << place : 0;
    }

    /// <summary>No floor.</summary>
    public static ExposureFloors None { get; } = new([]);

    /// <summary>The floors, in the order in which they were given; the place of each is its bit.</summary>
    public IReadOnlyList<ExposureFloor> Floors => _floors;

    /// <summary>How many there are.</summary>
    public int Count => _floors.Length;

    /// <summary>By floor.</summary>
    public ReadOnlySpan<double> Shares => _shares;

    /// <summary>The bit of the group of new items; 0 where no floor is of them.</summary>
    public uint NewItemsBit { get; }

    /// <summary>Everything that is wrong with some floors; empty when nothing is.</summary>
    public static IReadOnlyList<string> Problems(IReadOnlyList<string> texts)
    {
        Read(texts, out List<string> problems);
        return problems;
    }

    /// <summary>Reads floors.</summary>
    /// <exception cref="ArgumentException">Some are wrong; the message says which and why.</exception>
    public static ExposureFloors Of(IReadOnlyList<string> texts)
    {
        List<ExposureFloor> floors = Read(texts, out List<string> problems);
        if (problems.Count > 0)
            throw new ArgumentException(string.Join("; ", problems) + ".", nameof(texts));
        return floors.Count == 0 ? None : new ExposureFloors([.. floors]);
    }

    /// <summary>How many of the first slots a floor asks for.</summary>
    internal static int SlotsOf(double share, int slots) => (int)((share * slots) + Rounding);

    /// <summary>Whether other floors are the same.</summary>
    internal bool IsSame(ExposureFloors other) => ReferenceEquals(this, other) || _floors.AsSpan().SequenceEqual(other._floors);

    private static List<ExposureFloor> Read(IReadOnlyList<string> texts, out List<string> problems)
    {
        var floors = new List<ExposureFloor>();
        problems = [];
        foreach (string text in texts)
        {
            ExposureFloor? floor = ExposureFloor.Parse(text, out string? problem);
            if (floor is null)
                problems.Add(problem!);
            else if (floors.Exists(other => other.Group == floor.Group))
                problems.Add($"'{floor.Group}' is there twice");
            else
                floors.Add(floor);
        }

        if (texts.Count > Most)
            problems.Add($"there are {texts.Count} floors; there can be {Most}");
        double sum = floors.Sum(floor => floor.Share);
        if (sum > 1 + Rounding)
            problems.Add(FormattableString.Invariant($"the shares add up to {sum:0.###}; they must not be above 1"));
        return floors;
    }
}
