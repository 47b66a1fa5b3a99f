using Fuzz.Engine;
using Fuzz.Targets;

namespace Fuzz;

/// <summary>All targets.</summary>
public static class FuzzTargets
{
    private static readonly Func<FuzzTarget>[] Makers =
    [
#if !OFFICIAL_PACKAGES
        static () => new Targets.Grpc.FrameTarget(),
        static () => new Targets.Grpc.RequestTarget(),
        static () => new Targets.Grpc.TimeoutTarget(),
        static () => new Targets.Grpc.BinaryHeaderTarget(),
        static () => new Targets.Grpc.PercentTarget(),
        static () => new Targets.Grpc.GzipTarget(),
#endif
        static () => new JsonTarget<Recsys.V1.RecommendRequest>("json-recommend"),
        static () => new JsonTarget<Recsys.V1.RecordEventsRequest>("json-events"),
        static () => new JsonTarget<Recsys.V1.UpsertItemsRequest>("json-items"),
        static () => new RequestTimeoutTarget(),
        static () => new PageTokenTarget(),
        static () => new FilterTarget(),
        static () => new SurfacesTarget(),
        static () => new ManifestTarget(),
        static () => new ItemLinesTarget(),
        static () => new UserLinesTarget(isPacked: false),
        static () => new UserLinesTarget(isPacked: true),
        static () => new ProfilesTarget(),
        static () => new FusionTarget("fusion.json"),
        static () => new FusionTarget("lists"),
        static () => new NpyTarget(),
        static () => new OnnxWeightsTarget(),
        static () => new CsvRowsTarget(),
        static () => new DataFolderTarget(),
        static () => new VecsTarget(),
        static () => new EmbeddingTarget(),
        static () => new InteractionsTarget(),
        static () => new EventMessageTarget(),
        static () => new StreamEntryTarget(),
        static () => new FeaturesTarget(),
        static () => new ItemRecordTarget(),
        static () => new DecisionLineTarget(),
        static () => new CommandLineTarget(),
        static () => new ClientsTarget(),
        static () => new KeySetTarget(),
        static () => new TokenTarget(),
        static () => new IndexTarget(Inference.Vectors.IndexKind.Flat),
        static () => new IndexTarget(Inference.Vectors.IndexKind.Exact),
        static () => new IndexTarget(Inference.Vectors.IndexKind.Fast),
        static () => new IndexTarget(Inference.Vectors.IndexKind.Compact),
        static () => new PartCacheTarget(),
        static () => new RequestRulesTarget(),
        static () => new TensorsTarget(),
        static () => new BundleTarget(),
    ];

    private static readonly Dictionary<string, Func<FuzzTarget>> ByName = MakeNames();

    /// <summary>Their names.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. ByName.Keys.Order(StringComparer.Ordinal)];

    /// <summary>Makes a target.</summary>
    /// <exception cref="KeyNotFoundException">There is none of this name.</exception>
    public static FuzzTarget Make(string name) => ByName[name]();

    private static Dictionary<string, Func<FuzzTarget>> MakeNames()
    {
        var names = new Dictionary<string, Func<FuzzTarget>>(StringComparer.Ordinal);
        foreach (Func<FuzzTarget> make in Makers)
        {
            using FuzzTarget target = make();
            names.Add(target.Name, make);
        }

        return names;
    }
}
