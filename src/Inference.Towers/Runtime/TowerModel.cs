using Inference.Towers.Bundles;
using Microsoft.Extensions.Logging;
using Microsoft.ML.OnnxRuntime;

namespace Inference.Towers.Runtime;

/// <summary>An ONNX model that was opened on the first execution provider that takes it.</summary>
internal sealed class TowerModel : IDisposable
{
    /// <param name="session">The opened model; disposed with this.</param>
    /// <param name="providers">The providers that it has.</param>
    internal TowerModel(InferenceSession session, IReadOnlyList<string> providers)
    {
        Session = session;
        Providers = providers;
    }

    public InferenceSession Session { get; }

    /// <summary>The providers that the session has, in order of preference.</summary>
    public IReadOnlyList<string> Providers { get; }

    /// <summary>Whether operators may run on another device than the CPU, so that inputs are copied when they are bound.</summary>
    public bool UsesDevice => Providers[0] != ExecutionProviders.Cpu;

    /// <summary>Opens a model; null, with the reasons reported, when it cannot be.</summary>
    /// <param name="file">The model.</param>
    /// <param name="options">Which providers.</param>
    /// <param name="where">Its name in messages.</param>
    public static TowerModel? Open(ModelFile file, TowerOptions options, ILogger logger, BundleProblems problems, string where)
    {
        IReadOnlyList<string> wanted = options.Providers;
        for (int first = 0; first < wanted.Count; first++)
        {
            string[] providers = [.. wanted.Skip(first)];
            try
            {
                var model = new TowerModel(OpenSession(file, providers, options, logger), providers);
                logger.TowerOpened(where, string.Join(", ", providers));
                return model;
            }
            catch (OnnxRuntimeException e) when (first < wanted.Count - 1 && providers[0] != ExecutionProviders.Cpu)
            {
                logger.ProviderSkipped(where, providers[0], e.Message);
            }
            catch (OnnxRuntimeException e)
            {
                problems.Add(where, $"ONNX Runtime refuses the model on {string.Join(", ", providers)}: {e.Message}");
                return null;
            }
        }

        throw new ArgumentException("No provider is named.", nameof(options));
    }

    public void Dispose() => Session.Dispose();

    private static InferenceSession OpenSession(ModelFile file, string[] providers, TowerOptions options, ILogger logger)
    {
        using SessionOptions session = OnnxEnvironment.NewSessionOptions(options.IntraOpThreads, logger);
        if (!providers.Contains(ExecutionProviders.Cpu))
            session.AddSessionConfigEntry("session.disable_cpu_ep_fallback", "1");
        foreach (string provider in providers)
            ExecutionProviders.Append(session, provider, options.DeviceId);
        // From bytes, not from the path: what was inspected is what runs.
        if (file.ExternalFiles.Count > 0)
            session.AddSessionConfigEntry("session.model_external_initializers_file_folder_path", file.Folder);
        return new InferenceSession(file.Content, session);
    }
}
