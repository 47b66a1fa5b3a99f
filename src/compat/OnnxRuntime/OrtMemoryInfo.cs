using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime.Interop;

namespace Microsoft.ML.OnnxRuntime;

/// <summary>Kind of allocator; <c>OrtAllocatorType</c> of the C API.</summary>
public enum OrtAllocatorType
{
    DeviceAllocator = 0,
    ArenaAllocator = 1,
}

/// <summary>Kind of memory as a provider sees it; <c>OrtMemType</c> of the C API.</summary>
public enum OrtMemType
{
    /// <summary>CPU memory that a provider other than the CPU one reads.</summary>
    CpuInput = -2,

    /// <summary>CPU memory that a provider other than the CPU one writes: pinned memory for CUDA.</summary>
    CpuOutput = -1,

    Cpu = CpuOutput,

    /// <summary>The provider's own memory.</summary>
    Default = 0,
}

/// <summary>Says where memory is: which allocator, which device, which kind.</summary>
public sealed unsafe class OrtMemoryInfo : SafeHandle
{
    /// <summary>Zero-terminated UTF-8 name of CPU memory.</summary>
    public static readonly byte[] allocatorCPU = [.. "Cpu\0"u8];

    /// <summary>Zero-terminated UTF-8 name of CUDA device memory.</summary>
    public static readonly byte[] allocatorCUDA = [.. "Cuda\0"u8];

    /// <summary>Zero-terminated UTF-8 name of pinned host memory for CUDA.</summary>
    public static readonly byte[] allocatorCUDA_PINNED = [.. "CudaPinned\0"u8];

    private static OrtMemoryInfo? s_default;

    private readonly bool _owned;
    private KeptAlive _holder;

    /// <param name="utf8AllocatorName">Zero-terminated UTF-8, such as <see cref="allocatorCPU"/>.</param>
    /// <param name="allocatorType">Kind of allocator.</param>
    /// <param name="deviceId">Which device of its kind, from 0.</param>
    /// <param name="memoryType">Kind of memory.</param>
    /// <exception cref="OnnxRuntimeException">ONNX Runtime does not know that name.</exception>
    public OrtMemoryInfo(byte[] utf8AllocatorName, OrtAllocatorType allocatorType, int deviceId, OrtMemType memoryType)
        : base(0, ownsHandle: true)
    {
        ArgumentNullException.ThrowIfNull(utf8AllocatorName);
        if (!utf8AllocatorName.AsSpan().Contains((byte)0))
            throw new ArgumentException("The name must end with a zero byte.", nameof(utf8AllocatorName));
        nint created;
        fixed (byte* name = utf8AllocatorName)
            OrtStatus.ThrowIfFailed(OrtLibrary.Api->CreateMemoryInfo(name, (int)allocatorType, deviceId, (int)memoryType, &created));
        _owned = true;
        SetHandle(created);
    }

    /// <inheritdoc cref="OrtMemoryInfo(byte[], OrtAllocatorType, int, OrtMemType)"/>
    /// <param name="allocatorName">Such as <c>Cpu</c>, <c>Cuda</c> or <c>CudaPinned</c>.</param>
    /// <param name="allocatorType">Kind of allocator.</param>
    /// <param name="deviceId">Which device of its kind, from 0.</param>
    /// <param name="memoryType">Kind of memory.</param>
    public OrtMemoryInfo(string allocatorName, OrtAllocatorType allocatorType, int deviceId, OrtMemType memoryType)
        : this(Utf8.Zeroed(allocatorName), allocatorType, deviceId, memoryType)
    {
    }

    /// <summary>Wraps a description that belongs to <paramref name="holder"/>, which lives at least as long as the wrapper then.</summary>
    internal OrtMemoryInfo(nint native, SafeHandle holder)
        : base(0, ownsHandle: true)
    {
        _holder.Hold(holder);
        SetHandle(native);
    }

    private OrtMemoryInfo(nint native)
        : base(0, ownsHandle: true)
    {
        _owned = true;
        SetHandle(native);
    }

    /// <summary>Ordinary CPU memory, managed memory included. Not to be disposed.</summary>
    public static OrtMemoryInfo DefaultInstance => Volatile.Read(ref s_default) ?? CreateDefault();

    /// <summary>Such as <c>Cpu</c>.</summary>
    public string Name
    {
        get
        {
            using var self = new HandleLease(this);
            byte* name;
            OrtStatus.ThrowIfFailed(OrtLibrary.Api->MemoryInfoGetName(self.Value, &name));
            return Utf8.Read(name);
        }
    }

    /// <summary>Which device of its kind, from 0.</summary>
    public int Id => Get(OrtLibrary.Api->MemoryInfoGetId);

    public OrtMemType GetMemoryType() => (OrtMemType)Get(OrtLibrary.Api->MemoryInfoGetMemType);

    public OrtAllocatorType GetAllocatorType() => (OrtAllocatorType)Get(OrtLibrary.Api->MemoryInfoGetType);

    public bool Equals(OrtMemoryInfo? other)
    {
        if (other is null || ReferenceEquals(this, other))
            return other is not null;
        using var self = new HandleLease(this);
        using var that = new HandleLease(other);
        int difference;
        OrtStatus.ThrowIfFailed(OrtLibrary.Api->CompareMemoryInfo(self.Value, that.Value, &difference));
        return difference == 0;
    }

    public override bool Equals(object? obj) => Equals(obj as OrtMemoryInfo);

    // Equal descriptions have equal names and devices; the native address, which would be cheaper, differs between them.
    public override int GetHashCode() => HashCode.Combine(Name, Id);

    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle()
    {
        if (_owned)
            OrtLibrary.Api->ReleaseMemoryInfo(handle);
        _holder.Release();
        return true;
    }

    private static OrtMemoryInfo CreateDefault()
    {
        nint created;
        OrtStatus.ThrowIfFailed(OrtLibrary.Api->CreateCpuMemoryInfo((int)OrtAllocatorType.DeviceAllocator, (int)OrtMemType.Cpu, &created));
        var info = new OrtMemoryInfo(created);
        if (Interlocked.CompareExchange(ref s_default, info, null) is not { } earlier)
            return info;
        info.Dispose();
        return earlier;
    }

    private int Get(delegate* unmanaged<nint, int*, nint> property)
    {
        using var self = new HandleLease(this);
        int value;
        OrtStatus.ThrowIfFailed(property(self.Value, &value));
        return value;
    }
}
