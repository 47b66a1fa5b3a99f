using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime.Interop;

namespace Microsoft.ML.OnnxRuntime;

/// <summary>Options of the TensorRT provider.</summary>
public sealed unsafe class OrtTensorRTProviderOptions : SafeHandle
{
    private int _deviceId;

    /// <exception cref="OnnxRuntimeException">TensorRT is not compiled into this build, or its provider library cannot be loaded.</exception>
    public OrtTensorRTProviderOptions()
        : base(0, ownsHandle: true)
    {
        nint created;
        OrtStatus.ThrowIfFailed(OrtLibrary.Api->CreateTensorRTProviderOptions(&created));
        SetHandle(created);
    }

    /// <summary>Sets options by name: <c>device_id</c>, <c>trt_fp16_enable</c>, <c>trt_engine_cache_enable</c>, … as the TensorRT provider documents them.</summary>
    /// <exception cref="OnnxRuntimeException">An unknown name or a value that does not fit.</exception>
    public void UpdateOptions(Dictionary<string, string> providerOptions)
    {
        using var self = new HandleLease(this);
        using var pairs = new NativeStringPairs(providerOptions);
        OrtStatus.ThrowIfFailed(OrtLibrary.Api->UpdateTensorRTProviderOptions(self.Value, pairs.Keys, pairs.Values, pairs.Count));
        if (providerOptions.TryGetValue("device_id", out string? deviceId))
            _deviceId = int.Parse(deviceId, CultureInfo.InvariantCulture);
    }

    /// <summary>All options as <c>name=value;name=value</c>.</summary>
    public string GetOptions()
    {
        using var self = new HandleLease(this);
        byte* text;
        OrtStatus.ThrowIfFailed(OrtLibrary.Api->GetTensorRTProviderOptionsAsString(self.Value, OrtAllocator.DefaultPointer, &text));
        return Utf8.ReadAndFree(text);
    }

    /// <summary>The <c>device_id</c> last set; 0 by default.</summary>
    public int GetDeviceId() => _deviceId;

    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle()
    {
        OrtLibrary.Api->ReleaseTensorRTProviderOptions(handle);
        return true;
    }
}
