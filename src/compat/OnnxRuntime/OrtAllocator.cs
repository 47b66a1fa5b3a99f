using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime.Interop;

namespace Microsoft.ML.OnnxRuntime;

/// <summary>Where <see cref="OrtValue.CreateAllocatedTensorValue"/> takes its memory from.</summary>
public sealed unsafe class OrtAllocator : SafeHandle
{
    private static nint s_default;
    private static OrtAllocator? s_defaultInstance;

    private readonly bool _owned;
    private KeptAlive _session;

    /// <summary>The allocator that a session's provider uses for some memory: device memory of the CUDA provider, for example.</summary>
    /// <param name="session">A session made with that provider. It stays alive as long as the allocator does.</param>
    /// <param name="memInfo">Which memory.</param>
    /// <exception cref="OnnxRuntimeException">No provider of the session has such memory.</exception>
    public OrtAllocator(InferenceSession session, OrtMemoryInfo memInfo)
        : base(0, ownsHandle: true)
    {
        ArgumentNullException.ThrowIfNull(session);
        using var sessionLease = new HandleLease(session.Handle);
        using var memory = new HandleLease(memInfo);
        nint created;
        OrtStatus.ThrowIfFailed(OrtLibrary.Api->CreateAllocator(sessionLease.Value, memory.Value, &created));
        _session.Hold(session.Handle);
        _owned = true;
        SetHandle(created);
    }

    private OrtAllocator(nint native)
        : base(0, ownsHandle: true) => SetHandle(native);

    /// <summary>The allocator of ordinary CPU memory. Not to be disposed.</summary>
    public static OrtAllocator DefaultInstance
    {
        get
        {
            if (Volatile.Read(ref s_defaultInstance) is { } instance)
                return instance;
            var created = new OrtAllocator(DefaultPointer);
            return Interlocked.CompareExchange(ref s_defaultInstance, created, null) ?? created;
        }
    }

    /// <summary>Describes the memory it allocates.</summary>
    public OrtMemoryInfo Info
    {
        get
        {
            using var self = new HandleLease(this);
            nint info;
            OrtStatus.ThrowIfFailed(OrtLibrary.Api->AllocatorGetInfo(self.Value, &info));
            return new OrtMemoryInfo(info, holder: this);
        }
    }

    public override bool IsInvalid => handle == 0;

    /// <summary>The library's own default allocator, a native singleton; also what it allocates texts with.</summary>
    internal static nint DefaultPointer
    {
        get
        {
            if (s_default == 0)
            {
                nint allocator;
                OrtStatus.ThrowIfFailed(OrtLibrary.Api->GetAllocatorWithDefaultOptions(&allocator));
                s_default = allocator;
            }
            return s_default;
        }
    }

    protected override bool ReleaseHandle()
    {
        if (_owned)
            OrtLibrary.Api->ReleaseAllocator(handle);
        _session.Release();
        return true;
    }
}
