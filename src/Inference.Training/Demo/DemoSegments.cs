using Inference.Training.Chance;

namespace Inference.Training.Demo;

/// <summary>Groups of users with like taste, and what their context looks like: the reason why context says something about taste.</summary>
internal sealed class DemoSegments
{
    public const int Count = 20;

    private const int FavouriteCategories = 3;
    private const double ContextContrast = 1.8;
    private const double HourConcentration = 2.0;

    private readonly int _rank;
    private readonly float[] _centres;
    private readonly AliasTable[][] _context;
    private readonly AliasTable[] _hours;
    private readonly AliasTable _shares;

    public DemoSegments(DemoOptions options, TasteSpace taste)
    {
        var random = new SeededRandom(options.Seed, DemoStreams.Segments);
        _rank = taste.Rank;
        _centres = new float[Count * _rank];
        _context = new AliasTable[Count][];
        _hours = new AliasTable[Count];
        _shares = new AliasTable(Zipf.Weights(Count, 0.5));
        // Dealt from one shuffled deck, so that segments differ as much as they can.
        int[] categories = [.. Enumerable.Range(0, ShopVocabulary.Categories.Count)];
        random.Shuffle(categories.AsSpan());
        for (int segment = 0; segment < Count; segment++)
        {
            Span<float> centre = _centres.AsSpan(segment * _rank, _rank);
            for (int favourite = 0; favourite < FavouriteCategories; favourite++)
                Add(centre, taste.CentreOf(categories[(segment * FavouriteCategories + favourite) % categories.Length]), 1f - 0.25f * favourite);
            Add(centre, taste.StyleOf(segment % ShopVocabulary.Styles.Count), 1f);
            TasteSpace.Normalise(centre);
            _context[segment] = [.. DrawContext(ref random)];
            _hours[segment] = new AliasTable(DrawHours(ref random));
        }
    }

    /// <summary>A segment, by the share of users that it has.</summary>
    public int Draw(ref SeededRandom random) => _shares.Draw(ref random);

    /// <summary>The segment's mean taste: a unit vector.</summary>
    public ReadOnlySpan<float> CentreOf(int segment) => _centres.AsSpan(segment * _rank, _rank);

    /// <summary>A value, by number, of a context feature of <see cref="ShopVocabulary.Context"/>.</summary>
    public int DrawContext(int segment, int feature, ref SeededRandom random) => _context[segment][feature].Draw(ref random);

    /// <summary>An hour of the day.</summary>
    public int DrawHour(int segment, ref SeededRandom random) => _hours[segment].Draw(ref random);

    private static List<AliasTable> DrawContext(ref SeededRandom random)
    {
        var tables = new List<AliasTable>();
        foreach ((_, _, double[] shares) in ShopVocabulary.Context)
        {
            double[] weights = [.. shares];
            for (int value = 0; value < weights.Length; value++)
                weights[value] *= Math.Exp(ContextContrast * random.NextGaussian());
            tables.Add(new AliasTable(weights));
        }

        return tables;
    }

    private static double[] DrawHours(ref SeededRandom random)
    {
        double peak = 24 * random.NextDouble();
        double[] weights = new double[24];
        for (int hour = 0; hour < 24; hour++)
            weights[hour] = Math.Exp(HourConcentration * Math.Cos(2 * Math.PI * (hour - peak) / 24));
        return weights;
    }

    private static void Add(Span<float> sum, ReadOnlySpan<float> vector, float weight)
    {
        for (int i = 0; i < sum.Length; i++)
            sum[i] += weight * vector[i];
    }
}
