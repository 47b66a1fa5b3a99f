using Microsoft.Extensions.Logging;
using Microsoft.ML.OnnxRuntime;

namespace Inference.Towers.Runtime;

/// <summary>A session, and the providers that it has.</summary>
/// <param name="Session">For the receiver to dispose.</param>
/// <param name="Providers">In order of preference.</param>
/// <param name="Use">What became of the wish.</param>
internal sealed record OpenedSession(InferenceSession Session, IReadOnlyList<string> Providers, ProviderUse Use);

/// <summary>
/// Opens models on the providers that options name, and falls back only where that is allowed.
/// <list type="number">
/// <item>All providers of the list are added to a session, in their order: the first is to run the model, the others what it does not take.</item>
/// <item>One that is not there is the reason; where all are there and the model is refused, the first one is.</item>
/// <item>Fallback not allowed: that is the end, and the refusal says what is missing and how to allow the fallback.</item>
/// <item>Fallback allowed: the provider is left out, logged and counted, and the rest tried.</item>
/// </list>
/// </summary>
/// <param name="options">Fallback, device, settings and threads.</param>
/// <param name="providers">What is wanted, in order of preference; not empty.</param>
internal sealed class SessionOpener(TowerOptions options, IReadOnlyList<string> providers, ILogger logger)
{
    /// <summary>Messages of the runtime name source files and functions at length; what matters stands at their ends as well as at their beginnings.</summary>
    private const int LongestReason = 600;

    /// <summary>Opens one model.</summary>
    /// <param name="part">As in <see cref="ProviderUse.Part"/>.</param>
    /// <param name="open">Makes the session.</param>
    /// <param name="refusal">Why there is none, otherwise.</param>
    /// <param name="capture">Whether the first provider is to record runs and replay them.</param>
    /// <param name="defaults">Settings of providers that those of the options override.</param>
    public OpenedSession? Open(string part, Func<SessionOptions, InferenceSession> open, out string? refusal, bool capture = false, IReadOnlyList<string>? defaults = null)
    {
        using Lock.Scope turn = ExecutionProviders.TurnOn(providers.Contains(ExecutionProviders.WebGpu) ? ExecutionProviders.WebGpu : providers[0]);
        var left = new List<string>(providers);
        string? reason = null;
        while (true)
        {
            string? missing = null;
            try
            {
                using SessionOptions session = OnnxEnvironment.NewSessionOptions(options.IntraOpThreads, logger);
                if (!left.Contains(ExecutionProviders.Cpu))
                    session.AddSessionConfigEntry("session.disable_cpu_ep_fallback", "1");
                foreach (string provider in left)
                {
                    missing = provider;
                    ExecutionProviders.Append(session, provider, options.DeviceId, SettingsOf(provider, capture && provider == left[0], defaults ?? []));
                }

                missing = null;
                var opened = new OpenedSession(open(session), [.. left], new ProviderUse(part, providers[0], left[0], reason));
                logger.PartOpened(part, string.Join(", ", left));
                refusal = null;
                return opened;
            }
            catch (OnnxRuntimeException e)
            {
                string culprit = missing ?? left[0], said = OneLine(e.Message);
                if (culprit == ExecutionProviders.Cpu || left.Count == 1)
                {
                    refusal = culprit == ExecutionProviders.Cpu ? $"ONNX Runtime refuses the model on {culprit}: {said}" : $"cannot run on {culprit}: {said} ({ExecutionProviders.Needs(culprit)}.)";
                    if (reason is not null)
                        refusal += $" Before that: {reason}";
                    return null;
                }

                if (!options.ProviderFallback)
                {
                    refusal = $"cannot run on {culprit}: {said} ({ExecutionProviders.Needs(culprit)}.) Take '{culprit}' out of the list of providers ({string.Join(", ", providers)}), "
                        + "or set Inference:Towers:ProviderFallback to true to let it be served without.";
                    return null;
                }

                logger.ProviderSkipped(part, culprit, said);
                TowerMetrics.FellBack(part, culprit);
                reason ??= said;
                left.Remove(culprit);
            }
        }
    }

    private Dictionary<string, string> SettingsOf(string provider, bool capture, IReadOnlyList<string> defaults)
    {
        Dictionary<string, string> settings = ProviderSettings.Of(provider, [.. defaults, .. options.ProviderOptions]);
        if (capture && ExecutionProviders.CaptureSetting(provider) is { } name)
            settings.TryAdd(name, "1");
        return settings;
    }

    private static string OneLine(string message)
    {
        string line = string.Join(' ', message.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return line.Length <= LongestReason ? line : $"{line[..(LongestReason / 2)]} … {line[^(LongestReason / 2)..]}";
    }
}
