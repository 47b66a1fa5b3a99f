using System.Globalization;
using Inference.Training.Chance;

namespace Inference.Training.Demo;

/// <summary>The goods of the demo shop: the catalogue, and behind it some new items that no model has seen.</summary>
internal sealed class DemoItems
{
    private const int BrandsPerCategory = 12;
    private const double OwnWeight = 0.40;
    private const double PopularityExponent = 0.75;
    private const double PopularityOffset = 15;

    private readonly int _rank;
    private readonly byte[] _categories;
    private readonly short[] _brands;
    private readonly byte[] _styles;
    private readonly byte[] _materials;
    private readonly byte[] _nouns;
    private readonly float[] _prices;

    private DemoItems(int catalogueCount, int newCount, int rank)
    {
        int count = catalogueCount + newCount;
        CatalogueCount = catalogueCount;
        _rank = rank;
        _categories = new byte[count];
        _brands = new short[count];
        _styles = new byte[count];
        _materials = new byte[count];
        _nouns = new byte[count];
        _prices = new float[count];
        Factors = new float[count * rank];
        Popularity = new double[count];
        LogPopularity = new double[count];
    }

    /// <summary>How many brands there are.</summary>
    public static int BrandCount { get; } = ShopVocabulary.BrandStarts.Count * ShopVocabulary.BrandEnds.Count;

    /// <summary>Items that the bundle holds: rows 0 to this.</summary>
    public int CatalogueCount { get; }

    /// <summary>Catalogue and new items together.</summary>
    public int Count => _categories.Length;

    /// <summary>The true taste vectors, items × rank.</summary>
    public float[] Factors { get; }

    /// <summary>The true popularity by row: weights that sum to 1 over the catalogue. New items would have the same distribution.</summary>
    public double[] Popularity { get; }

    /// <summary>Natural logarithms of <see cref="Popularity"/>.</summary>
    public double[] LogPopularity { get; }

    public static DemoItems Create(DemoOptions options, TasteSpace taste)
    {
        var items = new DemoItems(options.Items, Math.Max(10, options.Items / 50), taste.Rank);
        var random = new SeededRandom(options.Seed, DemoStreams.Popularity);
        items.DrawPopularity(ref random);
        var categories = new AliasTable(ShuffledZipf(ref random, ShopVocabulary.Categories.Count, 0.5));
        var brands = new AliasTable(Zipf.Weights(BrandsPerCategory, 0.7));
        Parallel.For(0, items.Count, row => items.DrawItem(row, options.Seed, taste, categories, brands));
        return items;
    }

    public static string IdOf(int row) => string.Create(CultureInfo.InvariantCulture, $"i{row + 1}");

    public ReadOnlySpan<float> FactorsOf(int row) => Factors.AsSpan(row * _rank, _rank);

    public int CategoryOf(int row) => _categories[row];

    public string CategoryNameOf(int row) => ShopVocabulary.Categories[_categories[row]].Category;

    public string DepartmentNameOf(int row) => ShopVocabulary.Categories[_categories[row]].Department;

    public int BrandOf(int row) => _brands[row];

    public string BrandNameOf(int row) => BrandName(_brands[row]);

    /// <summary>Price in pounds, with two digits after the point.</summary>
    public float PriceOf(int row) => _prices[row];

    /// <summary>For example "Norholm rustic oak lantern": brand, style, material, noun.</summary>
    public string TitleOf(int row) => string.Join(
        ' ',
        BrandName(_brands[row]),
        ShopVocabulary.Styles[_styles[row]],
        ShopVocabulary.Materials[_materials[row]],
        ShopVocabulary.Categories[_categories[row]].Nouns[_nouns[row]]);

    public static string BrandName(int brand) => ShopVocabulary.BrandStarts[brand / ShopVocabulary.BrandEnds.Count] + ShopVocabulary.BrandEnds[brand % ShopVocabulary.BrandEnds.Count];

    private static double[] ShuffledZipf(ref SeededRandom random, int count, double exponent, double offset = 0)
    {
        double[] weights = Zipf.Weights(count, exponent, offset);
        random.Shuffle(weights.AsSpan());
        return weights;
    }

    private void DrawPopularity(ref SeededRandom random)
    {
        double[] weights = ShuffledZipf(ref random, CatalogueCount, PopularityExponent, PopularityOffset);
        double sum = 0;
        foreach (double weight in weights)
            sum += weight;
        for (int row = 0; row < Count; row++)
        {
            Popularity[row] = (row < CatalogueCount ? weights[row] : weights[random.NextInt(CatalogueCount)]) / sum;
            LogPopularity[row] = Math.Log(Popularity[row]);
        }
    }

    private void DrawItem(int row, ulong seed, TasteSpace taste, AliasTable categories, AliasTable brands)
    {
        var random = new SeededRandom(seed, DemoStreams.Items + (ulong)row);
        int category = categories.Draw(ref random);
        int style = random.NextInt(ShopVocabulary.Styles.Count);
        // Each category has its own few brands, scattered over all of them.
        int brand = (category * 37 + brands.Draw(ref random) * 23) % BrandCount;
        _categories[row] = (byte)category;
        _styles[row] = (byte)style;
        _brands[row] = (short)brand;
        _materials[row] = (byte)random.NextInt(ShopVocabulary.Materials.Count);
        _nouns[row] = (byte)random.NextInt(ShopVocabulary.Categories[category].Nouns.Length);

        double level = 4 + 3 * (category * 7 % 13) + 2 * (brand % 5);
        _prices[row] = (float)(Math.Round(level * Math.Exp(0.5 * random.NextGaussian())) + 0.99);

        Span<float> factors = Factors.AsSpan(row * _rank, _rank);
        TasteSpace.FillSphere(ref random, factors, OwnWeight);
        ReadOnlySpan<float> centre = taste.CentreOf(category), brandOffset = taste.BrandOf(brand), styleOffset = taste.StyleOf(style);
        for (int i = 0; i < factors.Length; i++)
            factors[i] += centre[i] + brandOffset[i] + styleOffset[i];
    }
}
