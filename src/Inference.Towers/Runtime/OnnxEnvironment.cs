using Microsoft.Extensions.Logging;
using Microsoft.ML.OnnxRuntime;

namespace Inference.Towers.Runtime;

/// <summary>
/// The one ONNX Runtime environment of the process, with thread pools that all sessions share: snapshots come and go, threads stay. The pools do not spin, for a spinning
/// thread takes a core from the requests that are about to bring the next batch.
/// </summary>
internal static class OnnxEnvironment
{
    private static readonly Lock Creating = new();
    private static OrtEnv? s_own;

    /// <summary>Options for a session on the shared pools, or on its own threads where somebody else made the environment without such pools.</summary>
    /// <param name="threads">Threads per operator, 0 for half of the processors; sizes the shared pools on the first call.</param>
    /// <param name="logger">Where the runtime's own messages go, from the first call on.</param>
    public static SessionOptions NewSessionOptions(int threads, ILogger logger)
    {
        threads = ThreadsFor(threads);
        bool shared = EnsureCreated(threads, logger);
        var options = new SessionOptions();
        try
        {
            options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
            options.AddSessionConfigEntry("session.inter_op.allow_spinning", "0");
            if (shared)
                options.DisablePerSessionThreads();
            else
                options.IntraOpNumThreads = threads;
            return options;
        }
        catch
        {
            options.Dispose();
            throw;
        }
    }

    /// <summary>Threads that one operator gets: as many as are named, or half of the processors and at least one. .NET counts those that the cgroup of a container allows.</summary>
    internal static int ThreadsFor(int configured) => configured > 0 ? configured : Math.Max(1, Environment.ProcessorCount / 2);

    private static bool EnsureCreated(int threads, ILogger logger)
    {
        lock (Creating)
        {
            if (OrtEnv.IsCreated)
                return s_own is not null && ReferenceEquals(s_own, OrtEnv.Instance());
            TelemetryOptOut.Apply();
            using var threading = new OrtThreadingOptions { GlobalIntraOpNumThreads = threads, GlobalInterOpNumThreads = 1, GlobalSpinControl = false };
            var options = new EnvironmentCreationOptions
            {
                logId = "inference",
                logLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_WARNING,
                threadOptions = threading,
                loggingFunction = (_, severity, category, _, _, message) => Forward(logger, severity, category, message),
            };
            try
            {
                s_own = OrtEnv.CreateInstanceWithOptions(ref options);
                return true;
            }
            catch (OnnxRuntimeException) when (OrtEnv.IsCreated)
            {
                // Somebody outside of this lock was faster.
                return false;
            }
        }
    }

    private static void Forward(ILogger logger, OrtLoggingLevel severity, string category, string message)
    {
        try
        {
            if (severity >= OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR)
                logger.RuntimeError(category, message);
            else
                logger.RuntimeWarning(category, message);
        }
        catch (Exception)
        {
            // The caller is native code, through which no exception may pass.
        }
    }
}
