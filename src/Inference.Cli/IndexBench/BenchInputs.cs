using System.CommandLine;
using System.CommandLine.Parsing;
using Inference.Vectors;

namespace Inference.Cli.IndexBench;

/// <summary>The options that name a data set.</summary>
internal static class BenchInputs
{
    public const string RowsDescription = "The rows to index: .npy (fp32, fp16, int8, uint8), .fvecs or .bvecs";

    public const string QueriesDescription = "The queries, of the same dimension";

    public static Option<string> File(string name, string description, bool required = false) => new(name) { Description = description, HelpName = "FILE", Required = required };

    public static Option<Metric> Metric() => new("--metric")
    {
        Description = "How vectors are compared: inner product, cosine or squared Euclidean distance",
        HelpName = "ip|cosine|l2",
        Required = true,
        CustomParser = ParseMetric,
    };

    /// <summary>The name of a metric on the command line and in files.</summary>
    public static string NameOf(Metric metric) => metric switch { Inference.Vectors.Metric.InnerProduct => "ip", Inference.Vectors.Metric.Cosine => "cosine", _ => "l2" };

    private static Metric ParseMetric(ArgumentResult result)
    {
        string text = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
        foreach (Metric metric in Enum.GetValues<Metric>())
        {
            if (NameOf(metric) == text)
                return metric;
        }
        result.AddError($"--metric is ip, cosine or l2, not '{text}'");
        return default;
    }
}
