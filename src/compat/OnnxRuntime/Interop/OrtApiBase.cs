namespace Microsoft.ML.OnnxRuntime.Interop;

/// <summary>The C struct <c>OrtApiBase</c> that the exported function OrtGetApiBase returns.</summary>
internal unsafe struct OrtApiBase
{
    /// <summary>The table of one version; null if the library is older.</summary>
    public readonly delegate* unmanaged<uint, OrtApiTable*> GetApi;

    public readonly delegate* unmanaged<byte*> GetVersionString;
}
