using Benchmarks.Onnx;
using Inference.Recommendations.Features;
using Inference.Recommendations.Ports;
using Inference.Towers;
using Inference.Towers.Bundles;
using Inference.Towers.Import;
using Inference.Towers.Runtime;
using Microsoft.Extensions.Logging.Abstractions;

namespace Benchmarks.Towers;

/// <summary>The user tower trained on the Online Retail data, and users like those it serves.</summary>
internal sealed class RetailTower : IDisposable
{
    private readonly OpenedTowers _towers;

    private RetailTower(OpenedTowers towers, int dimension) => (_towers, Dimension) = (towers, dimension);

    public int Dimension { get; }

    public OnnxUserTower Tower => (OnnxUserTower)_towers.User;

    /// <exception cref="FileNotFoundException">The tower is not there.</exception>
    public static async Task<RetailTower> OpenAsync(TowerOptions options)
    {
        string model = OnnxBenchmarkModel.Find() ?? throw new FileNotFoundException("The retail towers are not there: set INFERENCE_SHARED to the folder that has towers/online-retail.");
        BundleContent content = await BundleImport.ReadAsync(new BundleImportOptions { Towers = Path.GetDirectoryName(model)! });
        return new RetailTower(OpenedTowers.Open(content, options, NullLogger.Instance), content.Dimension);
    }

    /// <summary>Users whose histories have the lengths of a shop's: half of them up to seven items, few of more than thirty, none of more than fifty (log-normal, µ = 2, σ = 0.9).</summary>
    public UserTowerInput[] MixedUsers(int count, int seed)
    {
        var random = new Random(seed);
        string[] countries = ["United Kingdom", "France", "Germany", "EIRE"];
        return
        [
            .. Enumerable.Range(0, count).Select(_ =>
            {
                double normal = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
                return User((int)Math.Clamp(Math.Exp(2 + (0.9 * normal)), 1, 50));
            }),
        ];

        UserTowerInput User(int length) => new(
            new FeatureSet(new Dictionary<string, FeatureValue>
            {
                ["country"] = FeatureValue.Of(countries[random.Next(countries.Length)]),
                ["hour"] = FeatureValue.Of(random.Next(24)),
                ["weekday"] = FeatureValue.Of(random.Next(7)),
            }),
            Enumerable.Range(0, length).Select(_ => random.Next(_towers.Items.Count)).ToArray());
    }

    public void Dispose() => _towers.Dispose();
}
