namespace Inference.Recommendations.Ports;

/// <summary>What a ranking model may know of a user and a candidate together. The numbers are columns of <see cref="RankInput.Cross"/>.</summary>
public enum CrossFeature
{
    /// <summary>The score by which the candidate stands in its place: fused where several retrievers were asked, otherwise its retriever's own.</summary>
    RetrievalScore,

    /// <summary>Its place among the candidates before ranking, from 1.</summary>
    RetrievalRank,

    /// <summary>Inner product of the user's embedding and the item's; not known where the user tower did not answer.</summary>
    InnerProduct,

    /// <summary>Cosine of the user's embedding and the item's; not known where the user tower did not answer, or one of them is zero.</summary>
    Cosine,

    /// <summary>Share of users that touched the item, as events are counted now.</summary>
    Popularity,

    /// <summary>Where the item stands in the history: 1 for the latest; not known where it is not in it.</summary>
    HistoryPosition,

    /// <summary>Cosine of the item's embedding and that of the latest item of the history; not known without one.</summary>
    LatestSimilarity,

    /// <summary>The largest cosine of the item's embedding and that of one of the latest items of the history, ten at most; not known without one.</summary>
    HistorySimilarity,

    /// <summary>How often the item was shown, fading.</summary>
    Impressions,

    /// <summary>How often it was clicked there, fading.</summary>
    Clicks,

    /// <summary>Distinct items of the user's history.</summary>
    KnownEvents,
}

/// <summary>Names and sets of cross features.</summary>
public static class CrossFeatures
{
    /// <summary>How many there are: columns of a row.</summary>
    public const int Count = (int)CrossFeature.KnownEvents + 1;

    private static readonly string[] NameList =
    [
        "retrieval_score", "retrieval_rank", "inner_product", "cosine", "popularity", "history_position", "latest_similarity", "history_similarity", "impressions", "clicks", "known_events",
    ];

    /// <summary>The names that manifests write, in the order of the columns.</summary>
    public static IReadOnlyList<string> Names => NameList;

    /// <summary>The feature of a name.</summary>
    public static bool TryParse(string? name, out CrossFeature feature)
    {
        int place = Array.IndexOf(NameList, name);
        feature = (CrossFeature)Math.Max(place, 0);
        return place >= 0;
    }

    /// <summary>The names of a set, in the order of the columns.</summary>
    public static IEnumerable<string> NamesOf(uint set) => NameList.Where((_, column) => Has(set, (CrossFeature)column));

    /// <summary>A set with this one feature; sets are joined by |.</summary>
    public static uint SetOf(CrossFeature feature) => 1u << (int)feature;

    /// <summary>Whether a set has a feature.</summary>
    public static bool Has(uint set, CrossFeature feature) => (set & SetOf(feature)) != 0;
}
