using Inference.Towers.Bundles;
using Inference.Towers.Manifests;
using Microsoft.Extensions.Logging;
using Microsoft.ML.OnnxRuntime;

namespace Inference.Towers.Runtime;

/// <summary>An ONNX model that was opened on the execution providers that options name.</summary>
internal sealed class TowerModel : IDisposable
{
    private readonly Func<byte[], InferenceSession>? _openBeside;

    /// <param name="opened">The opened model; disposed with this.</param>
    /// <param name="deviceId">Which GPU.</param>
    /// <param name="openBeside">Where the session records runs: opens a model on the same provider, which records none.</param>
    internal TowerModel(OpenedSession opened, int deviceId = 0, Func<byte[], InferenceSession>? openBeside = null)
    {
        Session = opened.Session;
        Providers = opened.Providers;
        Use = opened.Use;
        DeviceId = deviceId;
        _openBeside = openBeside;
    }

    public InferenceSession Session { get; }

    /// <summary>The providers that the session has, in order of preference.</summary>
    public IReadOnlyList<string> Providers { get; }

    /// <summary>Which provider was wanted, which one it became, and why.</summary>
    public ProviderUse Use { get; }

    /// <summary>Whether operators may run on another device than the CPU, so that inputs are copied when they are bound.</summary>
    public bool UsesDevice => Providers[0] != ExecutionProviders.Cpu;

    /// <summary>Whether the device records the first run of a shape and replays it: inputs and outputs then lie at fixed places of its memory.</summary>
    public bool CapturesGraphs => _openBeside is not null;

    /// <summary>Which GPU.</summary>
    public int DeviceId { get; }

    /// <summary>Opens a model; null, with the reasons reported, when it cannot be.</summary>
    /// <param name="kind">What it is.</param>
    /// <param name="file">The model.</param>
    /// <param name="options">Which providers.</param>
    /// <param name="where">Its name in messages.</param>
    public static TowerModel? Open(TowerKind kind, ModelFile file, TowerOptions options, ILogger logger, BundleProblems problems, string where)
    {
        var opener = new SessionOpener(options, options.Providers, logger);
        OpenedSession? opened = opener.Open(kind.PartOf(), session => OpenSession(file, session), out string? refusal, options.GraphCapture);
        if (opened is null)
        {
            problems.Add(where, refusal!);
            return null;
        }

        // After a fallback nothing is recorded: the provider that was to do it is not there.
        bool captures = options.GraphCapture && opened.Providers[0] == opened.Use.Wanted;
        return new TowerModel(opened, options.DeviceId, captures ? model => OpenBeside(model, opened.Providers[0], options, logger) : null);
    }

    /// <summary>Opens a model on the device of this one, with the CPU for what the device cannot do.</summary>
    /// <exception cref="OnnxRuntimeException">It cannot be opened.</exception>
    public InferenceSession OpenBeside(byte[] model) => _openBeside!(model);

    /// <inheritdoc cref="ExecutionProviders.TurnOn"/>
    public Lock.Scope Turn() => ExecutionProviders.TurnOn(Providers[0]);

    public void Dispose()
    {
        using Lock.Scope turn = Turn();
        Session.Dispose();
    }

    private static InferenceSession OpenBeside(byte[] model, string provider, TowerOptions options, ILogger logger)
    {
        using SessionOptions session = OnnxEnvironment.NewSessionOptions(options.IntraOpThreads, logger);
        ExecutionProviders.Append(session, provider == ExecutionProviders.TensorRt ? ExecutionProviders.Cuda : provider, options.DeviceId, []);
        return new InferenceSession(model, session);
    }

    private static InferenceSession OpenSession(ModelFile file, SessionOptions session)
    {
        if (file.Content is not { } content)
            return new InferenceSession(file.Path, session);
        if (file.ExternalFiles.Count > 0)
            session.AddSessionConfigEntry("session.model_external_initializers_file_folder_path", file.Folder);
        return new InferenceSession(content, session);
    }
}
