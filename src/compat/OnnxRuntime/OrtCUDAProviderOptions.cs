using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime.Interop;

namespace Microsoft.ML.OnnxRuntime;

/// <summary>Options of the CUDA provider. They can be made and set on any build that has CUDA compiled in, without a device.</summary>
public sealed unsafe class OrtCUDAProviderOptions : SafeHandle
{
    /// <exception cref="OnnxRuntimeException">CUDA is not compiled into this build, or its provider library cannot be loaded.</exception>
    public OrtCUDAProviderOptions()
        : base(0, ownsHandle: true)
    {
        nint created;
        OrtStatus.ThrowIfFailed(OrtLibrary.Api->CreateCudaProviderOptions(&created));
        SetHandle(created);
    }

    /// <summary>Sets options by name: <c>device_id</c>, <c>gpu_mem_limit</c>, <c>enable_cuda_graph</c>, … as the CUDA provider documents them.</summary>
    /// <exception cref="OnnxRuntimeException">An unknown name or a value that does not fit.</exception>
    public void UpdateOptions(Dictionary<string, string> providerOptions)
    {
        using var self = new HandleLease(this);
        using var pairs = new NativeStringPairs(providerOptions);
        OrtStatus.ThrowIfFailed(OrtLibrary.Api->UpdateCudaProviderOptions(self.Value, pairs.Keys, pairs.Values, pairs.Count));
    }

    /// <summary>All options as <c>name=value;name=value</c>.</summary>
    public string GetOptions()
    {
        using var self = new HandleLease(this);
        byte* text;
        OrtStatus.ThrowIfFailed(OrtLibrary.Api->GetCudaProviderOptionsAsString(self.Value, OrtAllocator.DefaultPointer, &text));
        return Utf8.ReadAndFree(text);
    }

    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle()
    {
        OrtLibrary.Api->ReleaseCudaProviderOptions(handle);
        return true;
    }
}
