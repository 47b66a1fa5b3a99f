using Microsoft.ML.OnnxRuntime.Interop;

namespace Microsoft.ML.OnnxRuntime;

/// <summary>What a model says about itself.</summary>
public sealed unsafe class ModelMetadata
{
    internal ModelMetadata(nint session)
    {
        OrtApiTable* api = OrtLibrary.Api;
        nint metadata;
        OrtStatus.ThrowIfFailed(api->SessionGetModelMetadata(session, &metadata));
        try
        {
            ProducerName = Read(api->ModelMetadataGetProducerName, metadata);
            GraphName = Read(api->ModelMetadataGetGraphName, metadata);
            Domain = Read(api->ModelMetadataGetDomain, metadata);
            Description = Read(api->ModelMetadataGetDescription, metadata);
            GraphDescription = Read(api->ModelMetadataGetGraphDescription, metadata);
            long version;
            OrtStatus.ThrowIfFailed(api->ModelMetadataGetVersion(metadata, &version));
            Version = version;
            ReadCustom(api, metadata);
        }
        finally
        {
            api->ReleaseModelMetadata(metadata);
        }
    }

    /// <summary>The program that wrote the model, such as <c>pytorch</c>.</summary>
    public string ProducerName { get; }

    public string GraphName { get; }

    public string Domain { get; }

    public string Description { get; }

    public string GraphDescription { get; }

    /// <summary>The model's own version number; <see cref="long.MaxValue"/> where it gives none.</summary>
    public long Version { get; }

    /// <summary>The model's own key-value pairs.</summary>
    public Dictionary<string, string> CustomMetadataMap { get; } = [];

    private static string Read(delegate* unmanaged<nint, nint, byte**, nint> property, nint metadata)
    {
        byte* text;
        OrtStatus.ThrowIfFailed(property(metadata, OrtAllocator.DefaultPointer, &text));
        return Utf8.ReadAndFree(text);
    }

    private void ReadCustom(OrtApiTable* api, nint metadata)
    {
        byte** keys;
        long count;
        OrtStatus.ThrowIfFailed(api->ModelMetadataGetCustomMetadataMapKeys(metadata, OrtAllocator.DefaultPointer, &keys, &count));
        try
        {
            for (long i = 0; i < count; i++)
            {
                byte* value;
                OrtStatus.ThrowIfFailed(api->ModelMetadataLookupCustomMetadataMap(metadata, OrtAllocator.DefaultPointer, keys[i], &value));
                CustomMetadataMap[Utf8.Read(keys[i])] = Utf8.ReadAndFree(value);
            }
        }
        finally
        {
            for (long i = 0; i < count; i++)
                Utf8.Free(keys[i]);
            Utf8.Free(keys);
        }
    }
}
