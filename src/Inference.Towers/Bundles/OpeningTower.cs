using Inference.Towers.Manifests;
using Inference.Towers.Runtime;
using Microsoft.Extensions.Logging;

namespace Inference.Towers.Bundles;

/// <summary>One tower's model while it is opened, which needs nothing of the rest of the bundle: the runtime takes as long for a large one as the catalogue takes to be read.</summary>
/// <param name="kind">What it is.</param>
/// <param name="file">The model; null where the bundle has none, or it failed its check.</param>
/// <param name="tower">Its part of the manifest; null where there is none.</param>
internal sealed class OpeningTower(TowerKind kind, CheckedFile? file, TowerFeatures? tower) : IDisposable
{
    private const long MaxModelBytes = 2_000_000_000;

    private TowerModel? _model;

    /// <summary>What was found wrong; of the thread that opens until it has ended.</summary>
    public BundleProblems Problems { get; } = new();

    /// <summary>Names of the files that the model takes weights from.</summary>
    public IReadOnlySet<string> Weights { get; private set; } = new HashSet<string>();

    /// <summary>Opens the model, on the calling thread.</summary>
    /// <param name="folder">The bundle's folder.</param>
    /// <param name="known">Names of all its files.</param>
    /// <param name="files">Those that passed their check.</param>
    public void Open(string folder, IReadOnlySet<string> known, IReadOnlyDictionary<string, CheckedFile> files, TowerOptions options, ILogger logger)
    {
        if (file is null || tower is null)
            return;
        if (file.Stamp.Length > MaxModelBytes)
        {
            Problems.Add(file.Name, $"has {file.Stamp.Length} bytes; a model of more than {MaxModelBytes} keeps its weights in files beside it.");
            return;
        }

        using ModelFile? model = ModelFile.InspectFile(file.Path, folder, known, Problems, file.Name);
        // Weights that failed their check are reported already, and not to be opened.
        if (model is null || !model.ExternalFiles.All(files.ContainsKey))
            return;
        Weights = model.ExternalFiles;
        _model = new TowerOpener(options, logger, Problems).OpenModel(kind, model, tower);
    }

    /// <summary>The model, which is the caller's from now on; null where it could not be opened.</summary>
    public TowerModel? Take() => Interlocked.Exchange(ref _model, null);

    public void Dispose() => Take()?.Dispose();
}
