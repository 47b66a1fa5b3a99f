using Inference.Recommendations.Features;
using Inference.Recommendations.Ports;
using Inference.Towers.Bundles;
using Inference.Towers.Encoders;
using Inference.Towers.Manifests;
using Inference.Towers.Onnx;

namespace UnitTests.Towers;

/// <summary>
/// A ranking model of a <see cref="SmallWorld"/> whose answers are known in closed form: a number per country, plus the mean of numbers of the history's items times a number of the candidate, plus a weighted sum
/// of what is known of user and item together and of the item's price. Everything follows from the seed.
/// </summary>
internal sealed class SmallRanker
{
    /// <summary>What is read of user and item together, with its weight and what counts where it is not known.</summary>
    public static readonly (CrossFeature Feature, float Weight, float Missing)[] Cross =
    [
        (CrossFeature.RetrievalScore, 0.25f, 0), (CrossFeature.RetrievalRank, -0.125f, 0), (CrossFeature.Cosine, 2, -1), (CrossFeature.Popularity, 1.5f, 0), (CrossFeature.LatestSimilarity, 0.5f, 0),
        (CrossFeature.KnownEvents, 0.0625f, 0), (CrossFeature.HistoryPosition, 0.75f, -2),
    ];

    /// <summary>Eight, as many as numbers of pairs, so that every row of a batch begins at an aligned address: the runtime adds in another order where it does not.</summary>
    public const int MaxHistory = 8;

    public const float PriceWeight = -0.03f;

    private readonly float[] _countries;
    private readonly float[] _recent;
    private readonly float[] _items;

    public SmallRanker(int items = 20, int seed = 11)
    {
        var random = new Random(seed);
        _countries = Numbers(5);
        _recent = Numbers(items + 1);
        _items = Numbers(items + 1);

        float[] Numbers(int count) => [.. Enumerable.Range(0, count).Select(_ => (float)((random.NextDouble() * 2) - 1))];
    }

    /// <summary>What the model has to answer.</summary>
    /// <param name="countryId">0 for none, 1 to 3 for those of the world, 4 for others.</param>
    /// <param name="cross">By <see cref="CrossFeature"/>; NaN where it is not known.</param>
    public float Score(int countryId, IReadOnlyList<int> history, int row, ReadOnlySpan<float> cross)
    {
        int[] latest = [.. history.TakeLast(MaxHistory)];
        double mean = latest.Length == 0 ? 0 : latest.Average(item => (double)_recent[item + 1]);
        double score = _countries[countryId] + (mean * _items[row + 1]) + (PriceWeight * (row + 0.5));
        foreach ((CrossFeature feature, float weight, float missing) in Cross)
            score += weight * (float.IsNaN(cross[(int)feature]) ? missing : cross[(int)feature]);
        return (float)score;
    }

    /// <param name="isFlat">Whether the output is [batch] instead of [batch, 1].</param>
    /// <param name="columns">Columns of the output; the score is the last one.</param>
    public byte[] Model(bool isFlat = false, int columns = 1)
    {
        var graph = new OnnxGraph("ranker");
        OnnxValue country = graph.Input("country", OnnxType.Int64, "batch");
        OnnxValue ids = graph.Input("history_ids", OnnxType.Int64, "batch", "history");
        OnnxValue mask = graph.Input("history_mask", OnnxType.Float32, "batch", "history");
        OnnxValue item = graph.Input("item", OnnxType.Int64, "batch");
        OnnxValue pair = graph.Input("pair", OnnxType.Float32, "batch", Cross.Length + 1);
        OnnxValue place = graph.Gather(graph.Constant("countries", _countries, 5, 1), country);
        OnnxValue taste = graph.MaskedMean(graph.Constant("recent", _recent, _recent.Length, 1), ids, mask);
        OnnxValue fit = graph.Multiply(taste, graph.Gather(graph.Constant("items", _items, _items.Length, 1), item));
        float[] weights = [.. Cross.Select(one => one.Weight), PriceWeight];
        // As a sum of products: a matrix product would add in another order for one row than for many.
        OnnxValue known = graph.Node("ReduceSum", [graph.Multiply(pair, graph.Constant("weights", weights, weights.Length)), graph.Constant("axis", [1L], 1)], OnnxAttribute.Of("keepdims", 1));
        OnnxValue score = graph.Add(graph.Add(place, fit), known);
        if (columns > 1)
            score = graph.Concat(1, [.. Enumerable.Repeat(place, columns - 1), score]);
        if (isFlat)
            graph.Output("score", graph.Node("Squeeze", [score, graph.Constant("last", [1L], 1)]), OnnxType.Float32, "batch");
        else
            graph.Output("score", score, OnnxType.Float32, "batch", columns);
        return graph.ToBytes();
    }

    public static TowerManifest Manifest(int? column = null) => new()
    {
        Output = "score",
        Column = column,
        History = new HistoryManifest { MaxLength = MaxHistory },
        Inputs =
        [
            new InputManifest { Name = "country", Encoder = new VocabularySpec { Feature = "country", Values = SmallWorld.Countries, FirstId = 1, Unknown = 4, Missing = 0 } },
            new InputManifest { Name = "history_ids", Encoder = new HistoryIdsSpec { Offset = 1, Pad = 0 } },
            new InputManifest { Name = "history_mask", Encoder = new HistoryMaskSpec() },
            new InputManifest { Name = "item", Encoder = new ItemIdSpec { Offset = 1, Unknown = 0 } },
            new InputManifest
            {
                Name = "pair",
                Encoder = new ColumnsSpec
                {
                    Columns =
                    [
                        .. Cross.Select(one => new CrossSpec { Value = CrossFeatures.Names[(int)one.Feature], Missing = one.Missing }),
                        new NumberSpec { Of = "item", Feature = "price" },
                    ],
                },
            },
        ],
    };

    public TowerContent Content() => new() { Model = Model(), Manifest = Manifest() };

    /// <summary>A bundle of the world with this model, and cases that it has to answer.</summary>
    public BundleContent AddTo(BundleContent content) => content with { Ranker = Content(), Golden = (content.Golden ?? new GoldenFile()) with { Ranker = [Case(null, 0, [], [3, 1]), Case("Spain", 2, [4, 5], [0, 7, 2])] } };

    public RankerCase Case(string? country, int countryId, int[] history, int[] rows)
    {
        float[] cross = CrossOf(rows);
        return new RankerCase
        {
            Features = country is null ? null : SmallWorld.Features(("country", FeatureValue.Of(country))),
            History = [.. history.Select(SmallWorld.IdOf)],
            Items = [.. rows.Select(SmallWorld.IdOf)],
            Cross = Cross.ToDictionary(one => CrossFeatures.Names[(int)one.Feature], one => (IReadOnlyList<float?>)
                [.. rows.Select((_, i) => cross[(i * CrossFeatures.Count) + (int)one.Feature]).Select(number => float.IsNaN(number) ? (float?)null : number)]),
            Scores = [.. rows.Select((row, i) => Score(countryId, history, row, cross.AsSpan(i * CrossFeatures.Count)))],
        };
    }

    /// <summary>Some numbers for some candidates, one of them unknown.</summary>
    public static float[] CrossOf(int[] rows)
    {
        var cross = new float[rows.Length * CrossFeatures.Count];
        for (int i = 0; i < cross.Length; i++)
            cross[i] = MathF.Sin(i + rows[0]);
        cross[(int)CrossFeature.Cosine] = float.NaN;
        return cross;
    }
}
