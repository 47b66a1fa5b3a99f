using Inference.Vectors;

namespace Inference.Towers.Bundles;

/// <summary>The names of metrics in manifests.</summary>
public static class BundleMetric
{
    public static string NameOf(Metric metric) => metric switch
    {
        Metric.InnerProduct => "ip",
        Metric.Cosine => "cosine",
        Metric.L2 => "l2",
        _ => throw new ArgumentOutOfRangeException(nameof(metric), metric, "Unknown metric."),
    };

    public static bool TryParse(string? name, out Metric metric)
    {
        metric = name switch
        {
            "ip" => Metric.InnerProduct,
            "cosine" => Metric.Cosine,
            "l2" => Metric.L2,
            _ => default,
        };
        return metric != default;
    }
}
