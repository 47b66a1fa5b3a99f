using System.Globalization;
using Recsys.V1;

namespace Inference.Cli.Export;

/// <summary>What is asked about every user of an export.</summary>
internal sealed class ExportQuestion
{
    private RecommendOptions? _options;

    public required int Limit { get; init; }

    public required string Surface { get; init; }

    public required string Filter { get; init; }

    /// <summary>Pairs NAME=VALUE as the command line has them.</summary>
    public required IReadOnlyList<(string Name, FeatureValue Value)> Context { get; init; }

    public required bool Explain { get; init; }

    public required bool IncludeSeen { get; init; }

    /// <value>The version that must answer; empty for whatever serves.</value>
    public required string ModelVersion { get; init; }

    /// <summary>The request about a user. The parts that all have in common are shared, not copied.</summary>
    public RecommendRequest About(string userId, string requestId)
    {
        _options ??= new RecommendOptions { Explain = Explain, IncludeSeen = IncludeSeen, ModelVersion = ModelVersion };
        var request = new RecommendRequest { UserId = userId, RequestId = requestId, Limit = Limit, Surface = Surface, Filter = Filter, Options = _options };
        foreach ((string name, FeatureValue value) in Context)
            request.Context[name] = value;
        return request;
    }

    /// <summary>Everything that decides about the answers, by name, as text: whether a file can be gone on with is a comparison of these.</summary>
    public SortedDictionary<string, string> Describe() => new(StringComparer.Ordinal)
    {
        ["limit"] = Limit.ToString(CultureInfo.InvariantCulture),
        ["surface"] = Surface,
        ["filter"] = Filter,
        ["context"] = string.Join(" ", Context.Select(pair => $"{pair.Name}={pair.Value}").Order(StringComparer.Ordinal)),
        ["explain"] = Explain ? "true" : "false",
        ["include_seen"] = IncludeSeen ? "true" : "false",
        ["model_version"] = ModelVersion,
    };
}
