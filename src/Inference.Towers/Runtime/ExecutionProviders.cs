using Microsoft.ML.OnnxRuntime;

namespace Inference.Towers.Runtime;

/// <summary>The execution providers that options can name.</summary>
internal static class ExecutionProviders
{
    public const string Cpu = "cpu";

    public static IReadOnlyList<string> Names { get; } = ["tensorrt", "cuda", "webgpu", Cpu];

    /// <summary>Adds a provider behind those already added.</summary>
    /// <exception cref="OnnxRuntimeException">The native library has no such provider, or a part of it is missing on this machine.</exception>
    public static void Append(SessionOptions options, string name, int deviceId)
    {
        switch (name)
        {
            case "tensorrt":
                options.AppendExecutionProvider_Tensorrt(deviceId);
                break;
            case "cuda":
                options.AppendExecutionProvider_CUDA(deviceId);
                break;
            case "webgpu":
                options.AppendExecutionProvider("WebGPU");
                break;
            case Cpu:
                // The runtime adds it by itself, last.
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(name), name, $"Providers are {string.Join(", ", Names)}.");
        }
    }
}
