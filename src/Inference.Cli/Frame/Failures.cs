using Grpc.Core;
using Inference.Recommendations.Ports;
using Inference.Towers.Bundles;
using Inference.Training.Distillation;
using Inference.Training.Profiles;

namespace Inference.Cli.Frame;

/// <summary>Says in a line what went wrong, and what to do.</summary>
internal static class Failures
{
    /// <summary>Reports a failure; what nobody foresaw comes with its stack, for it is a bug.</summary>
    public static int Report(Exception failure, TextWriter error)
    {
        error.WriteLine(failure switch
        {
            CommandFailedException => $"error: {failure.Message}",
            BundleException => $"error: {failure.Message}",
            BundleExistsException => $"error: {failure.Message} --overwrite replaces it.",
            RpcException { StatusCode: StatusCode.Unauthenticated } rpc => $"error: the server answered {rpc.StatusCode}: {rpc.Status.Detail} The tool takes them by --api-key, --token or --cert, or by INFERENCE_API_KEY, INFERENCE_TOKEN or INFERENCE_CERT.",
            RpcException rpc => $"error: the server answered {rpc.StatusCode}: {rpc.Status.Detail}",
            QualityLossException => $"error: {failure.Message}",
            StoreException => $"error: {failure.Message}",
            UnauthorizedAccessException or IOException or InvalidDataException => $"error: {failure.Message}",
            OperationCanceledException => "stopped",
            _ => $"error: this is a bug in the tool, please report it:{Environment.NewLine}{failure}",
        });
        return ExitCode.Failed;
    }
}
