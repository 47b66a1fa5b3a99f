using Inference.Recommendations.Features;
using Inference.Training.Chance;

namespace Inference.Training.Demo;

/// <summary>
/// What filters read of the demo's items: what the shop sells anyway, and what a warehouse would add. Stock, tags, place and times are drawn from a stream of their own, so that they change nothing of the world that towers and events come from.
/// </summary>
internal static class DemoAttributes
{
    private const long Day = 86_400;

    /// <summary>One item of so many is sold for a while only.</summary>
    private const int OneSeasonalOf = 10;

    private static readonly string[] Tags = ["organic", "handmade", "gift", "sale", "refill", "limited"];

    /// <summary>Latitude and longitude of the shop's warehouses: Berlin, Hamburg, Munich, Vienna, Paris, Madrid.</summary>
    private static readonly (double Latitude, double Longitude)[] Warehouses = [(52.52, 13.40), (53.55, 9.99), (48.14, 11.58), (48.21, 16.37), (48.86, 2.35), (40.42, -3.70)];

    public static IReadOnlyDictionary<string, FeatureValue> Of(DemoWorld world, int row)
    {
        DemoItems items = world.Items;
        var random = new SeededRandom(world.Options.Seed, DemoStreams.Attributes + (ulong)row);
        (double latitude, double longitude) = Warehouses[random.NextInt(Warehouses.Length)];
        long from = DemoClock.Begin - (Day * random.NextInt(365));
        var attributes = new Dictionary<string, FeatureValue>(StringComparer.Ordinal)
        {
            ["category"] = FeatureValue.Of(items.CategoryNameOf(row)),
            ["department"] = FeatureValue.Of(items.DepartmentNameOf(row)),
            ["brand"] = FeatureValue.Of(items.BrandNameOf(row)),
            ["price"] = FeatureValue.Of(Math.Round((double)items.PriceOf(row), 2)),
            // A tenth is sold out.
            ["stock"] = FeatureValue.Of((long)Math.Max(0, random.NextInt(100) - 9)),
            // Within some kilometres of the warehouse.
            ["location"] = FeatureValue.Of((double[])[Math.Round(latitude + (0.02 * random.NextGaussian()), 4), Math.Round(longitude + (0.02 * random.NextGaussian()), 4)]),
            ["available_from"] = FeatureValue.Of(from),
        };
        string first = Tags[random.NextInt(Tags.Length)], second = Tags[random.NextInt(Tags.Length)];
        if (first != second)
            attributes["tags"] = FeatureValue.Of((string[])[first, second]);
        if (random.NextInt(OneSeasonalOf) == 0)
            attributes["available_to"] = FeatureValue.Of(from + (Day * (30 + random.NextInt(720))));
        return attributes;
    }
}
