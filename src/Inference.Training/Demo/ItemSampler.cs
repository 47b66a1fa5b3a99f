using Inference.Training.Chance;

namespace Inference.Training.Demo;

/// <summary>
/// Draws items exactly from <c>P(item | user) ∝ popularity · exp(β ⟨user, item⟩)</c> without touching every item, so that a world of a million items costs no
/// more per event than a small one.
/// <list type="number">
/// <item>Write item = centre of its category + rest. Draw a category from popularity(category) · exp(β ⟨user, centre⟩ + bound), where bound = β |user| · (longest rest of the category).</item>
/// <item>Draw an item of it by popularity, with an alias table.</item>
/// <item>Keep it with probability exp(β ⟨user, rest⟩ − bound), which is at most 1; otherwise begin again.</item>
/// </list>
/// </summary>
internal sealed class ItemSampler
{
    private readonly DemoItems _items;
    private readonly TasteSpace _taste;
    private readonly int[][] _rowsOf;
    private readonly AliasTable?[] _popularityIn;
    private readonly double[] _mass;
    private readonly double[] _longestRest;

    public ItemSampler(DemoItems items, TasteSpace taste)
    {
        _items = items;
        _taste = taste;
        int categories = ShopVocabulary.Categories.Count;
        var rows = new List<int>[categories];
        for (int category = 0; category < categories; category++)
            rows[category] = [];
        for (int row = 0; row < items.CatalogueCount; row++)
            rows[items.CategoryOf(row)].Add(row);

        _rowsOf = [.. rows.Select(list => list.ToArray())];
        _popularityIn = new AliasTable?[categories];
        _mass = new double[categories];
        _longestRest = new double[categories];
        Parallel.For(0, categories, Prepare);
    }

    /// <summary>What one user's draws share; make it once per user.</summary>
    public AliasTable CategoriesFor(ReadOnlySpan<float> user)
    {
        double length = Math.Sqrt(TasteSpace.Dot(user, user));
        Span<double> weights = stackalloc double[_mass.Length];
        for (int category = 0; category < _mass.Length; category++)
        {
            weights[category] = _mass[category] == 0
                ? 0
                : _mass[category] * Math.Exp(TasteSpace.Steepness * (TasteSpace.Dot(user, _taste.CentreOf(category)) + length * _longestRest[category]));
        }

        return new AliasTable(weights);
    }

    /// <summary>A row of the catalogue.</summary>
    /// <param name="user">The user's taste vector.</param>
    /// <param name="categories">From <see cref="CategoriesFor"/>, for the same user.</param>
    /// <param name="random">Where chance comes from.</param>
    public int Draw(ReadOnlySpan<float> user, AliasTable categories, ref SeededRandom random)
    {
        double length = Math.Sqrt(TasteSpace.Dot(user, user));
        while (true)
        {
            int category = categories.Draw(ref random);
            int row = _rowsOf[category][_popularityIn[category]!.Draw(ref random)];
            double rest = TasteSpace.Dot(user, _items.FactorsOf(row)) - TasteSpace.Dot(user, _taste.CentreOf(category));
            if (random.NextDouble() < Math.Exp(TasteSpace.Steepness * (rest - length * _longestRest[category])))
                return row;
        }
    }

    private void Prepare(int category)
    {
        int[] rows = _rowsOf[category];
        if (rows.Length == 0)
            return;
        double[] weights = new double[rows.Length];
        float[] rest = new float[_taste.Rank];
        ReadOnlySpan<float> centre = _taste.CentreOf(category);
        for (int i = 0; i < rows.Length; i++)
        {
            weights[i] = _items.Popularity[rows[i]];
            _mass[category] += weights[i];
            ReadOnlySpan<float> factors = _items.FactorsOf(rows[i]);
            for (int d = 0; d < rest.Length; d++)
                rest[d] = factors[d] - centre[d];
            _longestRest[category] = Math.Max(_longestRest[category], Math.Sqrt(TasteSpace.Dot(rest, rest)));
        }

        // Room for rounding, so that the probability of keeping an item stays at most 1.
        _longestRest[category] *= 1 + 1e-6;
        _popularityIn[category] = new AliasTable(weights);
    }
}
