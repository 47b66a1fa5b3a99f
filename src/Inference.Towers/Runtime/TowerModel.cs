using Inference.Towers.Bundles;
using Microsoft.Extensions.Logging;
using Microsoft.ML.OnnxRuntime;

namespace Inference.Towers.Runtime;

/// <summary>An ONNX model that was opened on the execution providers that options name.</summary>
internal sealed class TowerModel : IDisposable
{
    /// <param name="opened">The opened model; disposed with this.</param>
    /// <param name="capturesGraphs">Whether the session records runs and replays them.</param>
    internal TowerModel(OpenedSession opened, bool capturesGraphs = false)
    {
        Session = opened.Session;
        Providers = opened.Providers;
        Use = opened.Use;
        CapturesGraphs = capturesGraphs && UsesDevice;
    }

    public InferenceSession Session { get; }

    /// <summary>The providers that the session has, in order of preference.</summary>
    public IReadOnlyList<string> Providers { get; }

    /// <summary>Which provider was wanted, which one it became, and why.</summary>
    public ProviderUse Use { get; }

    /// <summary>Whether operators may run on another device than the CPU, so that inputs are copied when they are bound.</summary>
    public bool UsesDevice => Providers[0] != ExecutionProviders.Cpu;

    /// <summary>Whether the device records the first run of a shape and replays it: inputs and outputs then lie at fixed places of its memory.</summary>
    public bool CapturesGraphs { get; }

    /// <summary>Opens a model; null, with the reasons reported, when it cannot be.</summary>
    /// <param name="name">"user" or "item".</param>
    /// <param name="file">The model.</param>
    /// <param name="options">Which providers.</param>
    /// <param name="where">Its name in messages.</param>
    public static TowerModel? Open(string name, ModelFile file, TowerOptions options, ILogger logger, BundleProblems problems, string where)
    {
        var opener = new SessionOpener(options, options.Providers, logger);
        OpenedSession? opened = opener.Open($"{name}_tower", session => OpenSession(file, session), out string? refusal, options.GraphCapture);
        if (opened is not null)
            return new TowerModel(opened, options.GraphCapture);
        problems.Add(where, refusal!);
        return null;
    }

    public void Dispose() => Session.Dispose();

    private static InferenceSession OpenSession(ModelFile file, SessionOptions session)
    {
        // From bytes, not from the path: what was inspected is what runs.
        if (file.ExternalFiles.Count > 0)
            session.AddSessionConfigEntry("session.model_external_initializers_file_folder_path", file.Folder);
        return new InferenceSession(file.Content, session);
    }
}
