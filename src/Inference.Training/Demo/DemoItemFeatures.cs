using Inference.Recommendations.Features;
using Inference.Towers.Encoders;
using Inference.Training.Fitting;

namespace Inference.Training.Demo;

/// <summary>The items' features as the item tower's inputs see them: ids of category and brand, hashed words of the title.</summary>
internal sealed class DemoItemFeatures
{
    /// <summary>Ids of words: 1 to this; 0 is padding.</summary>
    public const int TokenBuckets = 2048;

    /// <summary>Words of a title that the tower reads.</summary>
    public const int TitleWords = 8;

    public const string CategoryFeature = "category";
    public const string BrandFeature = "brand";
    public const string TitleFeature = "title";

    private readonly DemoItems _items;

    public DemoItemFeatures(DemoItems items)
    {
        _items = items;
        Categories = [.. ShopVocabulary.Categories.Select(entry => entry.Category)];
        Brands = [.. Enumerable.Range(0, DemoItems.BrandCount).Select(DemoItems.BrandName)];
    }

    /// <summary>Names of the categories; the tower's id is the place in this list plus 1.</summary>
    public IReadOnlyList<string> Categories { get; }

    /// <summary>Names of the brands, likewise.</summary>
    public IReadOnlyList<string> Brands { get; }

    /// <summary>Ids of the first items: category, brand, words.</summary>
    public IReadOnlyList<CategoricalGroup> Groups(int count)
    {
        // The very encoder that serves, so that fitting and serving cannot hash differently.
        var tokens = new HashedTokensEncoder<int>(TitleFeature, TokenBuckets, firstId: 1, pad: 0, prefix: null);
        int[] categories = new int[count], brands = new int[count], words = new int[count * TitleWords];
        Parallel.For(0, count, row =>
        {
            categories[row] = _items.CategoryOf(row) + 1;
            brands[row] = _items.BrandOf(row) + 1;
            var title = new FeatureSet(new Dictionary<string, FeatureValue>(1) { [TitleFeature] = FeatureValue.Of(_items.TitleOf(row)) });
            tokens.Encode(new TowerRow(title, [], null), words.AsSpan(row * TitleWords, TitleWords));
        });
        return
        [
            new CategoricalGroup(categories, 1, Categories.Count + 1),
            new CategoricalGroup(brands, 1, Brands.Count + 1),
            new CategoricalGroup(words, TitleWords, TokenBuckets + 1),
        ];
    }
}
