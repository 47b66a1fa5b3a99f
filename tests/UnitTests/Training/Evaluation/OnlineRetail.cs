using System.Text.Json;
using Inference.Training.Data;
using Inference.Training.Evaluation;
using Inference.Training.Splits;
using UnitTests.Testing;
using Xunit;

namespace UnitTests.Training.Evaluation;

/// <summary>The public data set beside the repository, with the figures that are published of it. Tests that need it are skipped where it is not.</summary>
internal static class OnlineRetail
{
    public static string Folder { get; } = Path.GetFullPath(Path.Combine(Repository.Root, "..", "shared", "data", "online-retail"));

    private static readonly Lazy<ColdSplit> Lazily = new(() => ColdSplitReader.Read(Path.Combine(Folder, "splits")));

    public static ColdSplit Split => Lazily.Value;

    public static void SkipWhereMissing() => Skip.IfNot(File.Exists(Path.Combine(Folder, "events.csv.gz")), $"the data set is not in {Folder}");

    /// <summary>Content as it is made of the columns of any data folder: here, words of the descriptions by rarity.</summary>
    public static ContentVectors Content() => ItemProperties.Content(EntityTableReader.Read(Path.Combine(Folder, "items.csv.gz"), EntityTableReader.ItemId, mostBadRows: 0, progress: null, CancellationToken.None), Split.Items);

    /// <summary>Published figures of a model: scenario → metric; the ends of the interval are "ndcg@10_low" and "ndcg@10_high".</summary>
    public static Dictionary<string, Dictionary<string, double>> Published(string file, string model)
    {
        using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Folder, file)));
        var scenarios = new Dictionary<string, Dictionary<string, double>>();
        foreach (JsonProperty scenario in json.RootElement.GetProperty("results").GetProperty(model).EnumerateObject())
        {
            Dictionary<string, double> metrics = scenarios[scenario.Name] = [];
            foreach (JsonProperty metric in scenario.Value.EnumerateObject())
            {
                if (metric.Value.ValueKind == JsonValueKind.Array)
                    (metrics["ndcg@10_low"], metrics["ndcg@10_high"]) = (metric.Value[0].GetDouble(), metric.Value[1].GetDouble());
                else
                    metrics[metric.Name] = metric.Value.GetDouble();
            }
        }

        return scenarios;
    }

    /// <summary>Fails unless every published figure is met to 4 decimals.</summary>
    public static void AssertMeets(IReadOnlyDictionary<string, double> published, ScenarioMetrics metrics, string what)
    {
        Dictionary<string, double> measured = metrics.Named().ToDictionary(pair => pair.Name, pair => pair.Value);
        (measured["ndcg@10_low"], measured["ndcg@10_high"]) = metrics.Ndcg10Interval;
        measured["users"] = metrics.Users;
        foreach ((string name, double value) in published)
            Assert.True(Math.Abs(measured[name] - value) < 0.5e-4, $"{what}, {name}: {measured[name]}, published {value}");
    }
}
