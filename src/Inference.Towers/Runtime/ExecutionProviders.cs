using System.Globalization;
using Microsoft.ML.OnnxRuntime;

namespace Inference.Towers.Runtime;

/// <summary>The execution providers that options can name.</summary>
internal static class ExecutionProviders
{
    public const string TensorRt = "tensorrt";
    public const string Cuda = "cuda";
    public const string WebGpu = "webgpu";
    public const string Cpu = "cpu";

    private static readonly Lock WebGpuTurns = new();

    public static IReadOnlyList<string> Names { get; } = [TensorRt, Cuda, WebGpu, Cpu];

    /// <summary>Adds a provider behind those already added.</summary>
    /// <param name="options">Of the session that is being made.</param>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="deviceId">Which GPU; WebGPU takes the one that its driver prefers.</param>
    /// <param name="settings">Settings by the provider's own names.</param>
    /// <exception cref="OnnxRuntimeException">The native library has no such provider, a part of it is missing on this machine, or it does not know a setting.</exception>
    public static void Append(SessionOptions options, string name, int deviceId, Dictionary<string, string> settings)
    {
        switch (name)
        {
            case TensorRt:
                settings.TryAdd("device_id", deviceId.ToString(CultureInfo.InvariantCulture));
                using (var tensorRt = new OrtTensorRTProviderOptions())
                {
                    tensorRt.UpdateOptions(settings);
                    options.AppendExecutionProvider_Tensorrt(tensorRt);
                }

                break;
            case Cuda:
                settings.TryAdd("device_id", deviceId.ToString(CultureInfo.InvariantCulture));
                using (var cuda = new OrtCUDAProviderOptions())
                {
                    cuda.UpdateOptions(settings);
                    options.AppendExecutionProvider_CUDA(cuda);
                }

                break;
            case WebGpu:
                options.AppendExecutionProvider("WebGPU", settings);
                break;
            case Cpu:
                // The runtime adds it by itself, last.
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(name), name, $"Providers are {string.Join(", ", Names)}.");
        }
    }

    /// <summary>The setting that makes a provider record runs and replay them; null where it has none.</summary>
    public static string? CaptureSetting(string name) => name switch
    {
        TensorRt => "trt_cuda_graph_enable",
        Cuda => "enable_cuda_graph",
        WebGpu => "enableGraphCapture",
        _ => null,
    };

    /// <summary>The memory of a provider's device.</summary>
    public static OrtMemoryInfo DeviceMemory(string name, int deviceId) => name == WebGpu
        ? new OrtMemoryInfo("WebGPU_Buf", OrtAllocatorType.DeviceAllocator, 0, OrtMemType.Default)
        : new OrtMemoryInfo(OrtMemoryInfo.allocatorCUDA, OrtAllocatorType.DeviceAllocator, deviceId, OrtMemType.Default);

    /// <summary>
    /// A turn on a provider's device, to be disposed: whoever opens a session, binds to it, runs it or lets it go has one. Only on WebGPU it means anything. All sessions there share one device, its buffers and its queue of
    /// commands, while the runtime keeps apart the runs of one session alone.
    /// </summary>
    public static Lock.Scope TurnOn(string name) => name == WebGpu ? WebGpuTurns.EnterScope() : default;

    /// <summary>What a machine needs for a provider, for whoever reads that it is not there.</summary>
    public static string Needs(string name) => name switch
    {
        TensorRt => "tensorrt needs a GPU build of ONNX Runtime with its provider libraries beside it (ONNXRUNTIME_LIBRARY), TensorRT, CUDA and cuDNN",
        Cuda => "cuda needs a GPU build of ONNX Runtime with its provider libraries beside it (ONNXRUNTIME_LIBRARY), CUDA and cuDNN",
        WebGpu => "webgpu needs the Vulkan loader (libvulkan.so.1) and a driver",
        _ => "",
    };
}
