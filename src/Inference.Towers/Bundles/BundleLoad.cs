using System.Runtime.ExceptionServices;
using System.Text.Json;
using Inference.Recommendations.Fusion;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Snapshots;
using Inference.Recommendations.Users;
using Inference.Towers.DeviceSearch;
using Inference.Towers.Fusion;
using Inference.Towers.Loading;
using Inference.Towers.Manifests;
using Inference.Towers.Runtime;
using Inference.Vectors;
using Inference.Vectors.Live;
using Inference.Vectors.Search;
using Microsoft.Extensions.Logging;

namespace Inference.Towers.Bundles;

/// <summary>
/// One load of one bundle. Every step goes as far as the steps before let it, so that what is reported at the end is all that can be known.
/// <list type="number">
/// <item>read the manifest, check it, hash the files</item>
/// <item>read the catalogue</item>
/// <item>beside it, open the models; then hold them against the manifest</item>
/// <item>read or compute the item embeddings, and map or build their index</item>
/// <item>read profiles, users and popularity</item>
/// <item>answer the golden cases</item>
/// <item>exercise the towers and the index</item>
/// </list>
/// It runs on the threads of <see cref="LoadingThreads"/> from beginning to end and waits for nobody else's.
/// </summary>
internal sealed class BundleLoad
{
    private const long MaxGoldenBytes = 256 << 20;

    private readonly string _folder;
    private readonly BundleLoadSettings _settings;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly CancellationToken _cancellationToken;
    private readonly GuardedRuns _runs;
    private readonly PartCache? _cache;
    private readonly BundleProblems _problems = new();
    private readonly List<string> _warnings = [];
    private readonly Dictionary<BundleLoadStage, TimeSpan> _timings = [];

    public BundleLoad(string folder, BundleLoadSettings settings, CancellationToken cancellationToken)
    {
        _folder = folder;
        _settings = settings;
        _logger = settings.Logger;
        _time = settings.Time;
        _cancellationToken = cancellationToken;
        _runs = new GuardedRuns(settings.Time, settings.Towers.LoadRunTimeout, cancellationToken);
        _cache = PartCache.For(settings.Loading, settings.Logger, settings.Time);
    }

    /// <exception cref="BundleException">Something is wrong with the bundle.</exception>
    public LoadedBundle Run()
    {
        long start = _time.GetTimestamp();
        // The last one to go is the first one here.
        var owned = new Stack<IDisposable>([new NativeHeap.TrimWhenDisposed()]);
        try
        {
            LoadedBundle loaded = Load(owned);
            foreach (string warning in _warnings)
                _logger.BundleWarning(loaded.Snapshot.Model.FullVersion, warning);
            _logger.BundleLoaded(
                loaded.Snapshot.Model.FullVersion,
                loaded.Snapshot.Model.EmbeddingSpaceId,
                loaded.Snapshot.Items.Count,
                loaded.Users.Count,
                loaded.Snapshot.Profiles?.Count ?? 0,
                loaded.GoldenCases,
                _time.GetElapsedTime(start).TotalMilliseconds,
                Words(loaded.EmbeddingsOrigin, made: "computed"));
            LogIndex(loaded);
            _logger.BundleStages(loaded.Snapshot.Model.FullVersion, string.Join(", ", _timings.Select(stage => FormattableString.Invariant($"{stage.Key} {stage.Value.TotalMilliseconds:F0}"))));
            return loaded;
        }
        catch (Exception e)
        {
            foreach (IDisposable part in owned)
                part.Dispose();
            // A file that vanishes or changes under the load is one more reason, not another kind of failure.
            if (e is not (IOException or UnauthorizedAccessException))
                throw;
            _problems.Add(_folder, e.Message);
            _problems.ThrowIfAny(_folder);
            throw;
        }
    }

    private LoadedBundle Load(Stack<IDisposable> owned)
    {
        // :: Step 1 the manifest and the files
        (CheckedManifest? manifest, Dictionary<string, CheckedFile> files) = Timed(BundleLoadStage.Verify, Verify);
        if (manifest is null)
            _problems.ThrowIfAny(_folder);

        // :: Steps 2 and 3 the catalogue, and beside it the models
        BundleManifest named = manifest!.Manifest;
        using var userModel = new OpeningTower(TowerKind.User, Existing(files, manifest.User.Manifest.File), manifest.User);
        using var itemModel = new OpeningTower(TowerKind.Item, Existing(files, manifest.Item?.Manifest.File), manifest.Item);
        using var rankerModel = new OpeningTower(TowerKind.Ranker, Existing(files, manifest.Ranker?.Manifest.File), manifest.Ranker);
        Catalogue? catalogue = ReadItemsAndModels(manifest, files, userModel, itemModel, rankerModel);
        if (catalogue is not null)
            owned.Push(catalogue.Items);
        (OnnxUserTower? user, OnnxItemTower? item) = Timed(BundleLoadStage.Towers, () => BindTowers(manifest, catalogue, userModel, itemModel, owned));
        OnnxRanker? ranker = Timed(BundleLoadStage.Towers, () => BindRanker(manifest, catalogue, rankerModel, owned));

        // :: Step 4 where the items lie
        var placement = new ItemPlacement(manifest, files, _settings, _cache, _runs, _problems, _warnings, _cancellationToken);
        VectorMatrix? vectors = Timed(BundleLoadStage.Embeddings, () => catalogue is null
            ? null
            : placement.Embed(catalogue, item, itemModel.Weights, done => Report(BundleLoadStage.Embeddings, done, catalogue.Items.Count)));
        bool isKeeping = false;
        try
        {
            VectorIndex? index = Timed(BundleLoadStage.Index, () => vectors is null ? null : placement.Index(vectors));
            if (index is not null)
                owned.Push(index);

            // :: Step 5 who is there
            (ClusterProfiles? profiles, StoredUsers? users, Popularity? popularity) =
                Timed(BundleLoadStage.Audience, () => ReadAudience(manifest, files, catalogue));
            FusionPlan? fusion = Timed(BundleLoadStage.Audience, () => Existing(files, named.Fusion) is { } fusionFile && catalogue is not null
                ? new FusionReader(fusionFile, files, catalogue.Items.Count, profiles, popularity, _problems).Read()
                : null);
            if (fusion is not null)
                owned.Push(fusion);

            // :: Step 6 the golden cases
            int golden = Timed(BundleLoadStage.Golden, () => CheckGolden(named.Golden, files, user, ranker, vectors, manifest.Metric, catalogue));
            FileCheck.CheckUnchanged(files.Values, _problems);
            string space = "";
            if (!_problems.Any && (space = SpaceOf(named, files)) == named.ParentSpaceId)
                _problems.Add(BundleManifest.FileName, ManifestCheck.OwnParent(space));
            _problems.ThrowIfAny(_folder);

            // :: Step 7 the first runs are slow, so they are not a user's
            var live = new LiveIndex(index!, new LiveOptions { MergeFailed = e => _logger.IndexMergeFailed(named.Name!, named.Version!, e), TimeProvider = _time });
            owned.Push(live);
            (OnnxDeviceSearch? device, ProviderUse? deviceUse) = Timed(BundleLoadStage.Device, () => OpenDevice(live, owned));
            _problems.ThrowIfAny(_folder);
            var model = new ModelIdentity(named.Name!, named.Version!, space, manifest.Dimension, manifest.Metric) { ParentSpaceId = named.ParentSpaceId ?? "" };
            ConcurrentSearch? shared = _settings.Index.SharePasses ? new ConcurrentSearch(live) : null;
            FusedScorer? scorer = fusion is null ? null : Fuse(fusion.Build, live, vectors!, manifest.Metric, owned);
            // Scoring candidates of a large catalogue by the index that serves takes longer than the whole ladder.
            bool isSmall = live.RowCount <= _settings.Fusion.DenseItems;
            FusedScorer? cold = scorer is null && profiles is not null && isSmall && _settings.Fusion.FewEvents > 0
                ? Fuse(itemsOfTowers => ColdMixture.Of(itemsOfTowers, profiles, popularity!), live, vectors!, manifest.Metric, owned)
                : null;
            if (cold is not null)
                owned.Push(cold.Model);
            VectorFile? originals = placement.EmbeddingsPath is { } path ? new VectorFile(path, vectors!.Count, vectors.Dimension) : null;
            if (originals is not null)
                owned.Push(originals);
            var snapshot = new Snapshot(model, catalogue!.Items, live, user!, item, popularity!, profiles, [.. owned]) { SharedSearch = shared, DeviceSearch = device, Fusion = scorer, ColdFusion = cold, Ranker = ranker, Originals = originals };
            Timed(BundleLoadStage.WarmUp, () => new WarmUp(snapshot, user!, item, ranker, _settings.Loading?.WarmUpTime ?? TimeSpan.Zero, _runs, _time, _warnings).Run());
            Timed(BundleLoadStage.WarmUp, () => Record(user!, ranker));
            _problems.ThrowIfAny(_folder);

            isKeeping = placement.HasToKeep;
            return new LoadedBundle
            {
                Folder = _folder,
                Manifest = named,
                Snapshot = snapshot,
                Users = users!,
                GoldenCases = golden,
                EmbeddingsOrigin = placement.EmbeddingsOrigin,
                IndexOrigin = placement.IndexOrigin,
                Kept = isKeeping ? LoadingThreads.RunAlone(() => Keep(placement, vectors!), _settings.Loading!.Niceness) : Task.CompletedTask,
                Providers = user!.Runner.Providers,
                ProviderUses = [.. new[] { user.Runner.ProviderUse, item?.Runner.ProviderUse, ranker?.Runner.ProviderUse, deviceUse }.OfType<ProviderUse>()],
                Warnings = _warnings,
                Timings = _timings,
            };
        }
        finally
        {
            if (!isKeeping)
                vectors?.Dispose();
        }
    }

    private (OnnxDeviceSearch? Search, ProviderUse? Use) OpenDevice(LiveIndex index, Stack<IDisposable> owned)
    {
        if (_settings.Index.Kind != ItemIndexKind.GpuExact)
            return (null, null);
        OnnxDeviceSearch? search = DeviceSearchOpener.Open(index, _settings.Index, _settings.Towers, _logger, _time, _problems, _cancellationToken, out ProviderUse? use);
        if (search is null)
            return (null, use);
        owned.Push(search);
        if (use!.Actual == ExecutionProviders.Cpu)
            _warnings.Add("Inference:Index:Kind is GpuExact on the provider cpu, which is for trying it out: the index in memory is faster.");
        return (search, use);
    }

    /// <summary>Catalogues that are scored whole are so in fp32, as they were where the weights were learned; larger ones by the index that serves.</summary>
    private FusedScorer Fuse(Func<TowerItems, FusionModel> build, LiveIndex live, VectorMatrix vectors, Metric metric, Stack<IDisposable> owned)
    {
        if (vectors.Count > _settings.Fusion.DenseItems)
            return new FusedScorer(build(TowerItems.Of(live, vectors.Count)), _settings.Fusion);
        var index = new ExactIndex(vectors, metric);
        owned.Push(index);
        return new FusedScorer(build(TowerItems.Of(index)), _settings.Fusion);
    }

    /// <summary>Has the device record the runs of the user tower and the ranking model, where it is to replay them.</summary>
    private bool Record(OnnxUserTower user, OnnxRanker? ranker)
    {
        string part = TowerKind.User.PartOf();
        try
        {
            foreach ((int rows, int history) in user.Runner.SizesToRecord)
                user.Runner.RecordAsync(new UserTowerInput(default, new int[history]), rows, _cancellationToken).AsTask().GetAwaiter().GetResult();
            part = TowerKind.Ranker.PartOf();
            foreach ((int rows, int history) in ranker?.Runner.SizesToRecord ?? [])
                ranker!.Runner.RecordAsync(ranker.Example(new int[history]), rows, _cancellationToken).AsTask().GetAwaiter().GetResult();
            return true;
        }
        catch (TowerException e)
        {
            _problems.Add(part, $"its runs cannot be recorded, as Inference:Towers:GraphCapture wants it: {e.Message}");
            return false;
        }
    }

    /// <summary>Writes what was made where the next load finds it. Nobody waits for that, so it comes after the load, on a thread that stands back.</summary>
    private static void Keep(ItemPlacement placement, VectorMatrix vectors)
    {
        using (vectors)
            placement.Keep();
    }

    private (CheckedManifest? Manifest, Dictionary<string, CheckedFile> Files) Verify()
    {
        BundleManifest? manifest = ManifestReader.Read(_folder, _problems);
        if (manifest is null)
            return (null, []);
        CheckedManifest? whole = ManifestCheck.Check(manifest, _problems);
        int total = FileCheck.NamesOf(manifest).Count;
        if (manifest.FormatVersion != BundleManifest.CurrentFormat || FileCheck.NamesOf(manifest).Any(name => !BundleFiles.IsSafe(name)))
            return (whole, []);
        return (whole, FileCheck.Check(
            _folder, manifest, _settings.Towers.RequireHashes, _problems, _warnings, done => Report(BundleLoadStage.Verify, done, total), _cancellationToken));
    }

    /// <summary>The four that need nothing of each other, on as many threads as there are. The catalogue comes first where there is one thread: it is what most refusals are about.</summary>
    private Catalogue? ReadItemsAndModels(CheckedManifest manifest, Dictionary<string, CheckedFile> files, OpeningTower user, OpeningTower item, OpeningTower ranker)
    {
        IReadOnlySet<string> known = FileCheck.NamesOf(manifest.Manifest).ToHashSet(StringComparer.Ordinal);
        Catalogue? catalogue = null;
        try
        {
            Parallel.Invoke(
                new ParallelOptions { TaskScheduler = TaskScheduler.Current },
                () => catalogue = Timed(BundleLoadStage.Items, () => Existing(files, manifest.Manifest.Items) is { } file ? CatalogueReader.Read(file, _problems, _cancellationToken) : null),
                () => user.Open(_folder, known, files, _settings.Towers, _logger),
                () => item.Open(_folder, known, files, _settings.Towers, _logger),
                () => ranker.Open(_folder, known, files, _settings.Towers, _logger));
        }
        catch (AggregateException e)
        {
            // One reason is enough for a failure that is no finding; findings are problems.
            ExceptionDispatchInfo.Throw(e.InnerExceptions[0]);
        }

        _problems.Add(user.Problems);
        _problems.Add(item.Problems);
        _problems.Add(ranker.Problems);
        return catalogue;
    }

    private (OnnxUserTower? User, OnnxItemTower? Item) BindTowers(CheckedManifest manifest, Catalogue? catalogue, OpeningTower userModel, OpeningTower itemModel, Stack<IDisposable> owned)
    {
        if (catalogue is null)
            return (null, null);
        var opener = new TowerOpener(_settings.Towers, _logger, _problems);
        OnnxUserTower? user = opener.BindUser(userModel.Take(), manifest.User, manifest.Dimension, catalogue);
        if (user is not null)
            owned.Push(user);
        OnnxItemTower? item = manifest.Item is null ? null : opener.BindItem(itemModel.Take(), manifest.Item, manifest.Dimension, catalogue);
        if (item is not null)
            owned.Push(item);
        return (user, item);
    }

    private OnnxRanker? BindRanker(CheckedManifest manifest, Catalogue? catalogue, OpeningTower model, Stack<IDisposable> owned)
    {
        if (catalogue is null || manifest.Ranker is null)
            return null;
        OnnxRanker? ranker = new TowerOpener(_settings.Towers, _logger, _problems).BindRanker(model.Take(), manifest.Ranker, catalogue);
        if (ranker is not null)
            owned.Push(ranker);
        return ranker;
    }

    private (ClusterProfiles? Profiles, StoredUsers? Users, Popularity? Popularity) ReadAudience(
        CheckedManifest manifest, Dictionary<string, CheckedFile> files, Catalogue? catalogue)
    {
        if (catalogue is null)
            return (null, null, null);
        BundleManifest named = manifest.Manifest;
        ClusterProfiles? profiles = Existing(files, named.Profiles) is { } profilesFile
            ? ProfilesReader.Read(profilesFile, catalogue.Items, manifest.Dimension, _problems)
            : null;
        StoredUsers users = Existing(files, named.Users) is { } usersFile
            ? UsersReader.Read(usersFile, catalogue.Items, _problems, _cancellationToken)
            : new StoredUsers(catalogue.Items);
        Popularity? popularity = Existing(files, named.Popularity) is { } popularityFile
            ? PopularityReader.Read(popularityFile, catalogue.Items.Count, _problems)
            : PopularityReader.Count(catalogue.Items, users);
        if (named.Popularity is null && users.Count == 0)
            _warnings.Add("there is neither 'popularity' nor 'users', so the most popular items are simply the first ones.");
        return (profiles, users, popularity);
    }

    private int CheckGolden(string? name, Dictionary<string, CheckedFile> files, OnnxUserTower? user, OnnxRanker? ranker, VectorMatrix? vectors, Metric metric, Catalogue? catalogue)
    {
        if (name is null)
            _warnings.Add("there are no golden cases, so nobody can tell whether the towers answer as they did where they were trained.");
        if (Existing(files, name) is not { } file)
            return 0;
        GoldenFile golden;
        try
        {
            golden = JsonFile.Read(file.Path, MaxGoldenBytes, BundleJson.Default.GoldenFile);
        }
        catch (Exception e) when (e is JsonException or InvalidDataException)
        {
            _problems.Add(file.Name, JsonFile.Explain(e));
            return 0;
        }

        if (user is null || vectors is null || catalogue is null)
            return 0;
        // Exact, whatever is served: it is the towers and the items that are held against the exporter's; what an index misses was measured when it was tuned.
        using var index = new ExactIndex(vectors, metric);
        var check = new GoldenCheck(file.Name, user, index, catalogue.Items, _runs, _problems);
        int cases = check.Check(golden, (done, total) => Report(BundleLoadStage.Golden, done, total));
        return cases + new RankerGoldenCheck(file.Name, ranker, catalogue.Items, _runs, _problems).Check(golden);
    }

    private static string SpaceOf(BundleManifest manifest, Dictionary<string, CheckedFile> files) => manifest.EmbeddingSpaceId
        ?? EmbeddingSpace.Derive(files[manifest.UserTower!.File!].Sha256, files[manifest.ItemTower?.File ?? manifest.ItemEmbeddings!].Sha256);

    private void LogIndex(LoadedBundle loaded)
    {
        LiveIndex index = loaded.Snapshot.Index;
        IndexTuning? tuning = index.Tuning;
        _logger.IndexServed(
            loaded.Snapshot.Model.FullVersion,
            index.Kind,
            Words(loaded.IndexOrigin, made: "built"),
            index.Count,
            index.Bytes,
            tuning?.Width ?? 0,
            tuning?.Recall ?? double.NaN,
            tuning?.Latency.TotalMicroseconds ?? double.NaN);
    }

    private static string Words(PartOrigin origin, string made) => origin switch
    {
        PartOrigin.Bundle => "from the bundle",
        PartOrigin.Cache => "from the cache",
        _ => made,
    };

    private static CheckedFile? Existing(Dictionary<string, CheckedFile> files, string? name) => name is null ? null : files.GetValueOrDefault(name);

    private void Report(BundleLoadStage stage, int done, int total) => _settings.Progress?.Report(new BundleLoadProgress(stage, done, total));

    private T Timed<T>(BundleLoadStage stage, Func<T> step)
    {
        _cancellationToken.ThrowIfCancellationRequested();
        Report(stage, 0, 0);
        long start = _time.GetTimestamp();
        T result = step();
        _timings[stage] = _timings.GetValueOrDefault(stage) + _time.GetElapsedTime(start);
        return result;
    }
}
