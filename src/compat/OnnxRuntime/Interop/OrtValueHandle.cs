using System.Buffers;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Microsoft.ML.OnnxRuntime.Interop;

/// <summary>
/// A native <c>OrtValue</c> with the memory it stands on. The pin of managed memory and the owner of native memory are let go of only after
/// the last run or binding that uses the value, even if the value was disposed meanwhile.
/// </summary>
internal sealed unsafe class OrtValueHandle : SafeHandle
{
    private MemoryHandle _pin;
    private KeptAlive _owner;

    // Filled on first use. A tensor's type, size and address do not change while it lives, so the race of two first uses is harmless;
    // _described is written last.
    private void* _data;
    private long _count;
    private TensorElementType _elementType;
    private bool _described;

    /// <param name="native">The value; owned from here on.</param>
    /// <param name="pin">The pinned memory under it; default if it is not on managed memory.</param>
    /// <param name="owner">What else must outlive it: the allocator of its memory, the value whose memory it shares. Null if nothing.</param>
    public OrtValueHandle(nint native, MemoryHandle pin = default, SafeHandle? owner = null)
        : base(0, ownsHandle: true)
    {
        _owner.Hold(owner);
        _pin = pin;
        SetHandle(native);
    }

    public override bool IsInvalid => handle == 0;

    /// <summary>Where a tensor's elements are, how many, and of which type; calls the library only the first time.</summary>
    public TensorElementType Describe(out void* data, out long count)
    {
        if (!Volatile.Read(ref _described))
            ReadDescription();
        data = _data;
        count = _count;
        return _elementType;
    }

    protected override bool ReleaseHandle()
    {
        OrtLibrary.Api->ReleaseValue(handle);
        _owner.Release();
        _pin.Dispose();
        return true;
    }

    private void ReadDescription()
    {
        using var self = new HandleLease(this);
        OrtApiTable* api = OrtLibrary.Api;
        nint shape;
        OrtStatus.ThrowIfFailed(api->GetTensorTypeAndShape(self.Value, &shape));
        try
        {
            int elementType;
            nuint count;
            OrtStatus.ThrowIfFailed(api->GetTensorElementType(shape, &elementType));
            OrtStatus.ThrowIfFailed(api->GetTensorShapeElementCount(shape, &count));
            _elementType = (TensorElementType)elementType;
            _count = (long)count;
        }
        finally
        {
            api->ReleaseTensorTypeAndShapeInfo(shape);
        }

        if (_elementType != TensorElementType.String && _count > 0)
        {
            void* data;
            OrtStatus.ThrowIfFailed(api->GetTensorMutableData(self.Value, &data));
            _data = data;
        }
        Volatile.Write(ref _described, true);
    }
}
