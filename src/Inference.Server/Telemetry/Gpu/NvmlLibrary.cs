using System.Runtime.InteropServices;
using System.Text;

namespace Inference.Server.Telemetry.Gpu;

/// <summary>
/// NVIDIA's management library (NVML), opened at run time: the few functions that metrics need, by their names in the library. A function that a library lacks, and a figure that a device does not tell,
/// are null. Safe for concurrent use, as NVML is.
/// </summary>
/// <remarks>NVIDIA NVML API reference: nvmlReturn_t, nvmlUtilization_t, nvmlMemory_t.</remarks>
internal sealed unsafe class NvmlLibrary : IDisposable
{
    private const int Success = 0;
    private const int TemperatureOfGpu = 0;

    private readonly nint _library;
    private readonly delegate* unmanaged[Cdecl]<int> _shutdown;
    private readonly delegate* unmanaged[Cdecl]<nint, Utilization*, int> _utilization;
    private readonly delegate* unmanaged[Cdecl]<nint, Memory*, int> _memory;
    private readonly delegate* unmanaged[Cdecl]<nint, int, uint*, int> _temperature;
    private readonly delegate* unmanaged[Cdecl]<nint, uint*, int> _power;
    private readonly delegate* unmanaged[Cdecl]<nint, ulong*, int> _energy;

    private NvmlLibrary(nint library)
    {
        _library = library;
        _shutdown = (delegate* unmanaged[Cdecl]<int>)NativeLibrary.GetExport(library, "nvmlShutdown");
        _utilization = (delegate* unmanaged[Cdecl]<nint, Utilization*, int>)Find("nvmlDeviceGetUtilizationRates");
        _memory = (delegate* unmanaged[Cdecl]<nint, Memory*, int>)Find("nvmlDeviceGetMemoryInfo");
        _temperature = (delegate* unmanaged[Cdecl]<nint, int, uint*, int>)Find("nvmlDeviceGetTemperature");
        _power = (delegate* unmanaged[Cdecl]<nint, uint*, int>)Find("nvmlDeviceGetPowerUsage");
        _energy = (delegate* unmanaged[Cdecl]<nint, ulong*, int>)Find("nvmlDeviceGetTotalEnergyConsumption");
    }

    /// <summary>The devices that could be opened, in the driver's order.</summary>
    public IReadOnlyList<NvmlDevice> Devices { get; private set; } = [];

    /// <summary>Opens the library; null where it is missing, no driver answers it, or there is no device.</summary>
    /// <param name="name">A file, or a name that the loader knows; "" opens none.</param>
    public static NvmlLibrary? TryOpen(string name)
    {
        if (name.Length == 0 || !NativeLibrary.TryLoad(name, out nint handle))
            return null;
        if (!NativeLibrary.TryGetExport(handle, "nvmlInit_v2", out nint init) || !NativeLibrary.TryGetExport(handle, "nvmlShutdown", out _)
            || ((delegate* unmanaged[Cdecl]<int>)init)() != Success)
        {
            NativeLibrary.Free(handle);
            return null;
        }

        var library = new NvmlLibrary(handle);
        library.Devices = library.FindDevices();
        if (library.Devices.Count > 0)
            return library;
        library.Dispose();
        return null;
    }

    /// <summary>Shares of the last sample period in which the device computed, and in which its memory was read or written, 0 to 100.</summary>
    public (uint Compute, uint Memory)? UtilizationOf(nint device)
    {
        Utilization rates;
        return _utilization != null && _utilization(device, &rates) == Success ? (rates.Gpu, rates.Memory) : null;
    }

    /// <summary>Bytes of the device's memory, and of it those in use.</summary>
    public (ulong Total, ulong Used)? MemoryOf(nint device)
    {
        Memory memory;
        return _memory != null && _memory(device, &memory) == Success ? (memory.Total, memory.Used) : null;
    }

    /// <summary>Degrees Celsius.</summary>
    public double? TemperatureOf(nint device)
    {
        uint degrees;
        return _temperature != null && _temperature(device, TemperatureOfGpu, &degrees) == Success ? degrees : null;
    }

    /// <summary>Watts.</summary>
    public double? PowerOf(nint device)
    {
        uint milliwatts;
        return _power != null && _power(device, &milliwatts) == Success ? milliwatts / 1000.0 : null;
    }

    /// <summary>Joules since the driver was loaded.</summary>
    public double? EnergyOf(nint device)
    {
        ulong millijoules;
        return _energy != null && _energy(device, &millijoules) == Success ? millijoules / 1000.0 : null;
    }

    public void Dispose()
    {
        _shutdown();
        NativeLibrary.Free(_library);
    }

    private List<NvmlDevice> FindDevices()
    {
        var devices = new List<NvmlDevice>();
        var countOf = (delegate* unmanaged[Cdecl]<uint*, int>)Find("nvmlDeviceGetCount_v2");
        var handleOf = (delegate* unmanaged[Cdecl]<uint, nint*, int>)Find("nvmlDeviceGetHandleByIndex_v2");
        uint count;
        if (countOf == null || handleOf == null || countOf(&count) != Success)
            return devices;
        for (uint index = 0; index < count; index++)
        {
            nint handle;
            if (handleOf(index, &handle) == Success)
                devices.Add(new NvmlDevice(handle, (int)index, TextOf("nvmlDeviceGetUUID", handle) ?? $"gpu-{index}", TextOf("nvmlDeviceGetName", handle) ?? ""));
        }

        return devices;
    }

    private string? TextOf(string function, nint device)
    {
        const int most = 96;
        var ask = (delegate* unmanaged[Cdecl]<nint, byte*, uint, int>)Find(function);
        byte* text = stackalloc byte[most];
        if (ask == null || ask(device, text, most) != Success)
            return null;
        ReadOnlySpan<byte> bytes = new(text, most);
        int end = bytes.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? bytes : bytes[..end]);
    }

    private void* Find(string function) => NativeLibrary.TryGetExport(_library, function, out nint address) ? (void*)address : null;

    [StructLayout(LayoutKind.Sequential)]
    private struct Utilization
    {
        public uint Gpu;
        public uint Memory;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Memory
    {
        public ulong Total;
        public ulong Free;
        public ulong Used;
    }
}

/// <param name="Handle">The library's.</param>
/// <param name="Index">From 0.</param>
/// <param name="Id">The device's UUID.</param>
/// <param name="Name">The product's name.</param>
internal readonly record struct NvmlDevice(nint Handle, int Index, string Id, string Name);
