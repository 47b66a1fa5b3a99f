using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime.Interop;

namespace Microsoft.ML.OnnxRuntime;

/// <summary>Sizes of the process-wide thread pools that sessions with <see cref="SessionOptions.DisablePerSessionThreads"/> share.</summary>
public sealed unsafe class OrtThreadingOptions : SafeHandle
{
    /// <summary>Options with ONNX Runtime's defaults: as many threads as physical cores, spinning.</summary>
    public OrtThreadingOptions()
        : base(0, ownsHandle: true)
    {
        nint created;
        OrtStatus.ThrowIfFailed(OrtLibrary.Api->CreateThreadingOptions(&created));
        SetHandle(created);
    }

    /// <value>Threads within one operator; 0: ONNX Runtime chooses, 1: the calling thread alone.</value>
    public int GlobalIntraOpNumThreads
    {
        set
        {
            using var self = new HandleLease(this);
            OrtStatus.ThrowIfFailed(OrtLibrary.Api->SetGlobalIntraOpNumThreads(self.Value, value));
        }
    }

    /// <value>Threads across operators, for <see cref="ExecutionMode.ORT_PARALLEL"/>; 0: ONNX Runtime chooses, 1: the calling thread alone.</value>
    public int GlobalInterOpNumThreads
    {
        set
        {
            using var self = new HandleLease(this);
            OrtStatus.ThrowIfFailed(OrtLibrary.Api->SetGlobalInterOpNumThreads(self.Value, value));
        }
    }

    /// <value>Whether idle pool threads spin a while before they sleep: lower latency, but they burn the processor.</value>
    public bool GlobalSpinControl
    {
        set
        {
            using var self = new HandleLease(this);
            OrtStatus.ThrowIfFailed(OrtLibrary.Api->SetGlobalSpinControl(self.Value, value ? 1 : 0));
        }
    }

    /// <summary>Makes the pool threads flush denormal numbers to zero.</summary>
    public void SetGlobalDenormalAsZero()
    {
        using var self = new HandleLease(this);
        OrtStatus.ThrowIfFailed(OrtLibrary.Api->SetGlobalDenormalAsZero(self.Value));
    }

    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle()
    {
        OrtLibrary.Api->ReleaseThreadingOptions(handle);
        return true;
    }
}
