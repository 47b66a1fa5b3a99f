using Inference.Recommendations.Fusion;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Snapshots;
using Inference.Recommendations.Surfaces;

namespace Inference.Recommendations.Retrieval;

/// <summary>
/// How one surface is answered from one snapshot: its names as retrievers. Made once, kept with the snapshot.
/// <list type="number">
/// <item>With learned fusion and a model, names that the model has are no retrievers of their own but multiply its weights; "learned" stands for all sources, and what else the model has is then part of it.</item>
/// <item>All other names become retrievers, by the snapshot's own parts or by sources of the model.</item>
/// <item>What the snapshot does not have is <see cref="Missing"/>, unless it is optional.</item>
/// </list>
/// </summary>
internal sealed class SurfacePlan
{
    private readonly SurfaceRun?[] _free = new SurfaceRun?[2 * Environment.ProcessorCount];

    public SurfacePlan(Surface surface, Snapshot snapshot, FusedScorer? scorer, EmbeddingSearch search, IVectorEngine? engine)
    {
        (Surface, Scorer) = (surface, scorer);
        UsesModel = surface.Fusion == SurfaceFusion.Learned && scorer is not null;
        Fusion = surface.Fusion == SurfaceFusion.Learned ? SurfaceFusion.ZScore : surface.Fusion;
        var retrievers = new List<Retriever>();
        var settings = new List<SurfaceRetriever>();
        var missing = new List<string>();
        float[] factors = new float[UsesModel ? scorer!.Model.Sources.Count : 0];
        double[] budgets = new double[factors.Length];
        bool isWhole = UsesModel && surface.Retrievers.Any(listed => listed.Name == SurfaceRetriever.Learned);
        var ofModel = new List<ModelPart>();
        int mostOfModel = 0;
        foreach (SurfaceRetriever listed in surface.Retrievers)
        {
            int[] sources = UsesModel && !GoesByAttributes(listed, scorer) ? SourcesOf(scorer!.Model, listed.Name) : [];
            if (sources.Length > 0)
            {
                if (isWhole && listed.Name != SurfaceRetriever.Learned)
                    continue;
                foreach (int source in sources)
                    (factors[source], budgets[source]) = (listed.Weight, listed.Budget.TotalSeconds);
                ofModel.Add(new ModelPart(listed.Name, sources));
                mostOfModel = Math.Max(mostOfModel, listed.Quota);
            }
            else if (RetrieverOf(listed, surface, snapshot, scorer, search, engine) is { } retriever)
            {
                retrievers.Add(retriever);
                settings.Add(listed);
            }
            else if (!listed.IsOptional)
            {
                missing.Add(listed.Name);
            }
        }

        UsesModel &= ofModel.Count > 0;
        (Retrievers, Settings, Factors, Budgets, OfModel, MostOfModel) = ([.. retrievers], [.. settings], factors, budgets, [.. ofModel], mostOfModel);
        Missing = DescribeMissing(missing, surface);
        HasRemote = Retrievers.Any(retriever => retriever.IsRemote);
        Times = new SourceTimes(Retrievers.Length);
        NeedsTower = Retrievers.Any(retriever => retriever.NeedsTower) || (UsesModel && scorer!.Model.Sources.Where((source, i) => source is TowerSource && factors[i] != 0f).Any());
    }

    public Surface Surface { get; }

    /// <summary>The model; null where there is none.</summary>
    public FusedScorer? Scorer { get; }

    /// <summary>Whether scores of the model are the base that retrievers add to.</summary>
    public bool UsesModel { get; }

    /// <summary>How retrievers are fused, beside the model where it is used.</summary>
    public SurfaceFusion Fusion { get; }

    /// <summary>The retrievers in the order of the file.</summary>
    public Retriever[] Retrievers { get; }

    /// <summary>By retriever: what the surface says of it.</summary>
    public SurfaceRetriever[] Settings { get; }

    /// <summary>By source of the model: what its weight is multiplied with.</summary>
    public float[] Factors { get; }

    /// <summary>By source of the model: seconds that it may take.</summary>
    public double[] Budgets { get; }

    /// <summary>Names of the surface that the model answers.</summary>
    public ModelPart[] OfModel { get; }

    /// <summary>The largest of their quotas.</summary>
    public int MostOfModel { get; }

    /// <summary>What the bundle does not have, for a label; empty for nothing.</summary>
    public string Missing { get; }

    /// <summary>How long the retrievers take.</summary>
    public SourceTimes Times { get; }

    /// <summary>Whether any retriever waits for another process.</summary>
    public bool HasRemote { get; }

    /// <summary>Whether the user tower may be asked.</summary>
    public bool NeedsTower { get; }

    public SurfaceRun Rent()
    {
        foreach (ref SurfaceRun? slot in _free.AsSpan())
        {
            if (Volatile.Read(ref slot) is not null && Interlocked.Exchange(ref slot, null) is { } run)
                return run;
        }

        return new SurfaceRun(this);
    }

    public void Return(SurfaceRun run)
    {
        run.End();
        foreach (ref SurfaceRun? slot in _free.AsSpan())
        {
            if (Volatile.Read(ref slot) is null && Interlocked.CompareExchange(ref slot, run, null) is null)
                return;
        }
    }

    /// <summary>Whether a surface's "content" goes by attributes of items, rather than by the source of that name of a fused model.</summary>
    public static bool GoesByAttributes(SurfaceRetriever listed, FusedScorer? scorer) =>
        listed.Name == Sources.Content && (listed.Attributes.Count > 0 || scorer is null || SourcesOf(scorer.Model, listed.Name).Length == 0);

    private static string DescribeMissing(List<string> missing, Surface surface)
    {
        if (missing.Count == 0)
            return "";
        bool lacksEngine = missing.Remove(Sources.VectorEngine);
        string ofBundle = missing.Count == 0 ? "" : $"The bundle has no {string.Join(", ", missing.Select(name => $"'{name}'"))}";
        string engine = $"{(ofBundle.Length == 0 ? "No" : ", and no")} vector engine is configured for '{Sources.VectorEngine}'";
        return $"{ofBundle}{(lacksEngine ? engine : "")}; the surface '{surface.Name}' goes without.";
    }

    private static int[] SourcesOf(FusionModel model, string name)
    {
        Retrievers kind = Sources.Parse(name);
        return
        [
            .. Enumerable.Range(0, model.Sources.Count).Where(i =>
                name == SurfaceRetriever.Learned || (kind == Queries.Retrievers.None || kind == Queries.Retrievers.Content ? model.Sources[i].Name == name : model.Sources[i].Retriever == kind)),
        ];
    }

    private static Retriever? RetrieverOf(SurfaceRetriever listed, Surface surface, Snapshot snapshot, FusedScorer? scorer, EmbeddingSearch search, IVectorEngine? engine)
    {
        string name = listed.Name;
        switch (name)
        {
            case Sources.Towers:
                return new TowersRetriever(search);
            case Sources.VectorEngine:
                return engine is null ? null : new VectorEngineRetriever(engine);
            case Sources.RecentItems:
                return new RecentItemsRetriever();
            case Sources.Popularity:
                return new PopularityRetriever();
            case Sources.Trending:
                return new TrendingRetriever();
            case Sources.Content when GoesByAttributes(listed, scorer):
                return new ContentRetriever(ContentRetriever.AttributesOf(surface, listed), surface.Name, listed.IsOptional);
            case Sources.ClusterProfile when scorer is null || SourcesOf(scorer.Model, name).Length == 0:
                return snapshot.Profiles is null ? null : new ProfilesRetriever();
            default:
                break;
        }

        int[] sources = scorer is null ? [] : SourcesOf(scorer.Model, name);
        Retrievers kind = Sources.Parse(name);
        if (sources.Length == 0)
            return null;
        if (name == SurfaceRetriever.Learned)
            return new ModelRetriever(name, Sources.Neighbours, scorer!, Queries.Retrievers.All);
        return sources.Length == 1 ? new SourceRetriever(name, scorer!, sources[0], kind) : new ModelRetriever(name, name, scorer!, kind);
    }

    /// <param name="Name">As the surface lists it.</param>
    /// <param name="Sources">Numbers of the sources that it is.</param>
    public readonly record struct ModelPart(string Name, int[] Sources);
}
