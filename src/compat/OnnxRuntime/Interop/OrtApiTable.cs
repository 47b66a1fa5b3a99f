using System.Runtime.InteropServices;

namespace Microsoft.ML.OnnxRuntime.Interop;

/// <summary>
/// The members of the C struct <c>OrtApi</c> that this library calls, each at its slot.
/// Source: onnxruntime_c_api.h. The struct only ever grows at its end and the slots up to <see cref="Version"/> are frozen, so one
/// layout serves every ONNX Runtime from 1.20 on. Offsets are slot × 8: every platform that ONNX Runtime is built for here has 64 bits.
/// Handles are <see langword="nint"/>, <c>OrtStatus*</c> is the returned <see langword="nint"/> (0 is success, see
/// <see cref="OrtStatus"/>), text is zero-terminated UTF-8 except file paths, which are UTF-16 on Windows.
/// </summary>
[StructLayout(LayoutKind.Explicit)]
internal unsafe struct OrtApiTable
{
    /// <summary>The version asked of <c>OrtApiBase.GetApi</c>: that of ONNX Runtime 1.20, whose last slot is 284.</summary>
    public const uint Version = 20;

    // Status and environment
    [FieldOffset(1 * 8)] public readonly delegate* unmanaged<nint, int> GetErrorCode;
    [FieldOffset(2 * 8)] public readonly delegate* unmanaged<nint, byte*> GetErrorMessage;
    [FieldOffset(3 * 8)] public readonly delegate* unmanaged<int, byte*, nint*, nint> CreateEnv;
    [FieldOffset(4 * 8)] public readonly delegate* unmanaged<delegate* unmanaged<nint, int, byte*, byte*, byte*, byte*, void>, nint, int, byte*, nint*, nint> CreateEnvWithCustomLogger;
    [FieldOffset(6 * 8)] public readonly delegate* unmanaged<nint, nint> DisableTelemetryEvents;
    [FieldOffset(92 * 8)] public readonly delegate* unmanaged<nint, void> ReleaseEnv;
    [FieldOffset(93 * 8)] public readonly delegate* unmanaged<nint, void> ReleaseStatus;
    [FieldOffset(119 * 8)] public readonly delegate* unmanaged<int, byte*, nint, nint*, nint> CreateEnvWithGlobalThreadPools;
    [FieldOffset(121 * 8)] public readonly delegate* unmanaged<nint*, nint> CreateThreadingOptions;
    [FieldOffset(122 * 8)] public readonly delegate* unmanaged<nint, void> ReleaseThreadingOptions;
    [FieldOffset(125 * 8)] public readonly delegate* unmanaged<byte***, int*, nint> GetAvailableProviders;
    [FieldOffset(126 * 8)] public readonly delegate* unmanaged<byte**, int, nint> ReleaseAvailableProviders;
    [FieldOffset(147 * 8)] public readonly delegate* unmanaged<nint, int, nint> SetGlobalIntraOpNumThreads;
    [FieldOffset(148 * 8)] public readonly delegate* unmanaged<nint, int, nint> SetGlobalInterOpNumThreads;
    [FieldOffset(149 * 8)] public readonly delegate* unmanaged<nint, int, nint> SetGlobalSpinControl;
    [FieldOffset(151 * 8)] public readonly delegate* unmanaged<delegate* unmanaged<nint, int, byte*, byte*, byte*, byte*, void>, nint, int, byte*, nint, nint*, nint> CreateEnvWithCustomLoggerAndGlobalThreadPools;
    [FieldOffset(155 * 8)] public readonly delegate* unmanaged<nint, nint> SetGlobalDenormalAsZero;
    [FieldOffset(226 * 8)] public readonly delegate* unmanaged<nint, int, nint> UpdateEnvWithCustomLogLevel;

    // Session options
    [FieldOffset(10 * 8)] public readonly delegate* unmanaged<nint*, nint> CreateSessionOptions;
    [FieldOffset(13 * 8)] public readonly delegate* unmanaged<nint, int, nint> SetSessionExecutionMode;
    [FieldOffset(16 * 8)] public readonly delegate* unmanaged<nint, nint> EnableMemPattern;
    [FieldOffset(17 * 8)] public readonly delegate* unmanaged<nint, nint> DisableMemPattern;
    [FieldOffset(18 * 8)] public readonly delegate* unmanaged<nint, nint> EnableCpuMemArena;
    [FieldOffset(19 * 8)] public readonly delegate* unmanaged<nint, nint> DisableCpuMemArena;
    [FieldOffset(20 * 8)] public readonly delegate* unmanaged<nint, byte*, nint> SetSessionLogId;
    [FieldOffset(22 * 8)] public readonly delegate* unmanaged<nint, int, nint> SetSessionLogSeverityLevel;
    [FieldOffset(23 * 8)] public readonly delegate* unmanaged<nint, int, nint> SetSessionGraphOptimizationLevel;
    [FieldOffset(24 * 8)] public readonly delegate* unmanaged<nint, int, nint> SetIntraOpNumThreads;
    [FieldOffset(25 * 8)] public readonly delegate* unmanaged<nint, int, nint> SetInterOpNumThreads;
    [FieldOffset(100 * 8)] public readonly delegate* unmanaged<nint, void> ReleaseSessionOptions;
    [FieldOffset(120 * 8)] public readonly delegate* unmanaged<nint, nint> DisablePerSessionThreads;
    [FieldOffset(130 * 8)] public readonly delegate* unmanaged<nint, byte*, byte*, nint> AddSessionConfigEntry;

    // Execution providers
    [FieldOffset(170 * 8)] public readonly delegate* unmanaged<nint, nint, nint> SessionOptionsAppendExecutionProviderTensorRTV2;
    [FieldOffset(171 * 8)] public readonly delegate* unmanaged<nint*, nint> CreateTensorRTProviderOptions;
    [FieldOffset(172 * 8)] public readonly delegate* unmanaged<nint, byte**, byte**, nuint, nint> UpdateTensorRTProviderOptions;
    [FieldOffset(173 * 8)] public readonly delegate* unmanaged<nint, nint, byte**, nint> GetTensorRTProviderOptionsAsString;
    [FieldOffset(174 * 8)] public readonly delegate* unmanaged<nint, void> ReleaseTensorRTProviderOptions;
    [FieldOffset(204 * 8)] public readonly delegate* unmanaged<nint, nint, nint> SessionOptionsAppendExecutionProviderCudaV2;
    [FieldOffset(205 * 8)] public readonly delegate* unmanaged<nint*, nint> CreateCudaProviderOptions;
    [FieldOffset(206 * 8)] public readonly delegate* unmanaged<nint, byte**, byte**, nuint, nint> UpdateCudaProviderOptions;
    [FieldOffset(207 * 8)] public readonly delegate* unmanaged<nint, nint, byte**, nint> GetCudaProviderOptionsAsString;
    [FieldOffset(208 * 8)] public readonly delegate* unmanaged<nint, void> ReleaseCudaProviderOptions;
    [FieldOffset(216 * 8)] public readonly delegate* unmanaged<nint, byte*, byte**, byte**, nuint, nint> SessionOptionsAppendExecutionProvider;

    // Sessions, their inputs and outputs
    [FieldOffset(7 * 8)] public readonly delegate* unmanaged<nint, void*, nint, nint*, nint> CreateSession;
    [FieldOffset(8 * 8)] public readonly delegate* unmanaged<nint, void*, nuint, nint, nint*, nint> CreateSessionFromArray;
    [FieldOffset(9 * 8)] public readonly delegate* unmanaged<nint, nint, byte**, nint*, nuint, byte**, nuint, nint*, nint> Run;
    [FieldOffset(30 * 8)] public readonly delegate* unmanaged<nint, nuint*, nint> SessionGetInputCount;
    [FieldOffset(31 * 8)] public readonly delegate* unmanaged<nint, nuint*, nint> SessionGetOutputCount;
    [FieldOffset(32 * 8)] public readonly delegate* unmanaged<nint, nuint*, nint> SessionGetOverridableInitializerCount;
    [FieldOffset(33 * 8)] public readonly delegate* unmanaged<nint, nuint, nint*, nint> SessionGetInputTypeInfo;
    [FieldOffset(34 * 8)] public readonly delegate* unmanaged<nint, nuint, nint*, nint> SessionGetOutputTypeInfo;
    [FieldOffset(35 * 8)] public readonly delegate* unmanaged<nint, nuint, nint*, nint> SessionGetOverridableInitializerTypeInfo;
    [FieldOffset(36 * 8)] public readonly delegate* unmanaged<nint, nuint, nint, byte**, nint> SessionGetInputName;
    [FieldOffset(37 * 8)] public readonly delegate* unmanaged<nint, nuint, nint, byte**, nint> SessionGetOutputName;
    [FieldOffset(38 * 8)] public readonly delegate* unmanaged<nint, nuint, nint, byte**, nint> SessionGetOverridableInitializerName;
    [FieldOffset(95 * 8)] public readonly delegate* unmanaged<nint, void> ReleaseSession;

    // Run options
    [FieldOffset(39 * 8)] public readonly delegate* unmanaged<nint*, nint> CreateRunOptions;
    [FieldOffset(40 * 8)] public readonly delegate* unmanaged<nint, int, nint> RunOptionsSetRunLogVerbosityLevel;
    [FieldOffset(41 * 8)] public readonly delegate* unmanaged<nint, int, nint> RunOptionsSetRunLogSeverityLevel;
    [FieldOffset(42 * 8)] public readonly delegate* unmanaged<nint, byte*, nint> RunOptionsSetRunTag;
    [FieldOffset(46 * 8)] public readonly delegate* unmanaged<nint, nint> RunOptionsSetTerminate;
    [FieldOffset(47 * 8)] public readonly delegate* unmanaged<nint, nint> RunOptionsUnsetTerminate;
    [FieldOffset(97 * 8)] public readonly delegate* unmanaged<nint, void> ReleaseRunOptions;
    [FieldOffset(165 * 8)] public readonly delegate* unmanaged<nint, byte*, byte*, nint> AddRunConfigEntry;

    // Values, types and shapes
    [FieldOffset(48 * 8)] public readonly delegate* unmanaged<nint, long*, nuint, int, nint*, nint> CreateTensorAsOrtValue;
    [FieldOffset(49 * 8)] public readonly delegate* unmanaged<nint, void*, nuint, long*, nuint, int, nint*, nint> CreateTensorWithDataAsOrtValue;
    [FieldOffset(51 * 8)] public readonly delegate* unmanaged<nint, void**, nint> GetTensorMutableData;
    [FieldOffset(55 * 8)] public readonly delegate* unmanaged<nint, nint*, nint> CastTypeInfoToTensorInfo;
    [FieldOffset(56 * 8)] public readonly delegate* unmanaged<nint, int*, nint> GetOnnxTypeFromTypeInfo;
    [FieldOffset(60 * 8)] public readonly delegate* unmanaged<nint, int*, nint> GetTensorElementType;
    [FieldOffset(61 * 8)] public readonly delegate* unmanaged<nint, nuint*, nint> GetDimensionsCount;
    [FieldOffset(62 * 8)] public readonly delegate* unmanaged<nint, long*, nuint, nint> GetDimensions;
    [FieldOffset(63 * 8)] public readonly delegate* unmanaged<nint, byte**, nuint, nint> GetSymbolicDimensions;
    [FieldOffset(64 * 8)] public readonly delegate* unmanaged<nint, nuint*, nint> GetTensorShapeElementCount;
    [FieldOffset(65 * 8)] public readonly delegate* unmanaged<nint, nint*, nint> GetTensorTypeAndShape;
    [FieldOffset(67 * 8)] public readonly delegate* unmanaged<nint, int*, nint> GetValueType;
    [FieldOffset(96 * 8)] public readonly delegate* unmanaged<nint, void> ReleaseValue;
    [FieldOffset(98 * 8)] public readonly delegate* unmanaged<nint, void> ReleaseTypeInfo;
    [FieldOffset(99 * 8)] public readonly delegate* unmanaged<nint, void> ReleaseTensorTypeAndShapeInfo;
    [FieldOffset(194 * 8)] public readonly delegate* unmanaged<nint, nint*, nint> GetTensorMemoryInfo;

    // Memory
    [FieldOffset(68 * 8)] public readonly delegate* unmanaged<byte*, int, int, int, nint*, nint> CreateMemoryInfo;
    [FieldOffset(69 * 8)] public readonly delegate* unmanaged<int, int, nint*, nint> CreateCpuMemoryInfo;
    [FieldOffset(70 * 8)] public readonly delegate* unmanaged<nint, nint, int*, nint> CompareMemoryInfo;
    [FieldOffset(71 * 8)] public readonly delegate* unmanaged<nint, byte**, nint> MemoryInfoGetName;
    [FieldOffset(72 * 8)] public readonly delegate* unmanaged<nint, int*, nint> MemoryInfoGetId;
    [FieldOffset(73 * 8)] public readonly delegate* unmanaged<nint, int*, nint> MemoryInfoGetMemType;
    [FieldOffset(74 * 8)] public readonly delegate* unmanaged<nint, int*, nint> MemoryInfoGetType;
    [FieldOffset(76 * 8)] public readonly delegate* unmanaged<nint, void*, nint> AllocatorFree;
    [FieldOffset(77 * 8)] public readonly delegate* unmanaged<nint, nint*, nint> AllocatorGetInfo;
    [FieldOffset(78 * 8)] public readonly delegate* unmanaged<nint*, nint> GetAllocatorWithDefaultOptions;
    [FieldOffset(94 * 8)] public readonly delegate* unmanaged<nint, void> ReleaseMemoryInfo;
    [FieldOffset(131 * 8)] public readonly delegate* unmanaged<nint, nint, nint*, nint> CreateAllocator;
    [FieldOffset(132 * 8)] public readonly delegate* unmanaged<nint, void> ReleaseAllocator;

    // Model metadata
    [FieldOffset(111 * 8)] public readonly delegate* unmanaged<nint, nint*, nint> SessionGetModelMetadata;
    [FieldOffset(112 * 8)] public readonly delegate* unmanaged<nint, nint, byte**, nint> ModelMetadataGetProducerName;
    [FieldOffset(113 * 8)] public readonly delegate* unmanaged<nint, nint, byte**, nint> ModelMetadataGetGraphName;
    [FieldOffset(114 * 8)] public readonly delegate* unmanaged<nint, nint, byte**, nint> ModelMetadataGetDomain;
    [FieldOffset(115 * 8)] public readonly delegate* unmanaged<nint, nint, byte**, nint> ModelMetadataGetDescription;
    [FieldOffset(116 * 8)] public readonly delegate* unmanaged<nint, nint, byte*, byte**, nint> ModelMetadataLookupCustomMetadataMap;
    [FieldOffset(117 * 8)] public readonly delegate* unmanaged<nint, long*, nint> ModelMetadataGetVersion;
    [FieldOffset(118 * 8)] public readonly delegate* unmanaged<nint, void> ReleaseModelMetadata;
    [FieldOffset(123 * 8)] public readonly delegate* unmanaged<nint, nint, byte***, long*, nint> ModelMetadataGetCustomMetadataMapKeys;
    [FieldOffset(158 * 8)] public readonly delegate* unmanaged<nint, nint, byte**, nint> ModelMetadataGetGraphDescription;

    // I/O binding
    [FieldOffset(133 * 8)] public readonly delegate* unmanaged<nint, nint, nint, nint> RunWithBinding;
    [FieldOffset(134 * 8)] public readonly delegate* unmanaged<nint, nint*, nint> CreateIoBinding;
    [FieldOffset(135 * 8)] public readonly delegate* unmanaged<nint, void> ReleaseIoBinding;
    [FieldOffset(136 * 8)] public readonly delegate* unmanaged<nint, byte*, nint, nint> BindInput;
    [FieldOffset(137 * 8)] public readonly delegate* unmanaged<nint, byte*, nint, nint> BindOutput;
    [FieldOffset(138 * 8)] public readonly delegate* unmanaged<nint, byte*, nint, nint> BindOutputToDevice;
    [FieldOffset(140 * 8)] public readonly delegate* unmanaged<nint, nint, nint**, nuint*, nint> GetBoundOutputValues;
    [FieldOffset(141 * 8)] public readonly delegate* unmanaged<nint, void> ClearBoundInputs;
    [FieldOffset(142 * 8)] public readonly delegate* unmanaged<nint, void> ClearBoundOutputs;
    [FieldOffset(202 * 8)] public readonly delegate* unmanaged<nint, nint> SynchronizeBoundInputs;
    [FieldOffset(203 * 8)] public readonly delegate* unmanaged<nint, nint> SynchronizeBoundOutputs;
}
