namespace Microsoft.ML.OnnxRuntime.Interop;

/// <summary>Names and metadata of a session's inputs, outputs and overridable initializers, read once.</summary>
internal sealed unsafe class SessionInputsAndOutputs
{
    public SessionInputsAndOutputs(SessionHandle handle)
    {
        OrtApiTable* api = OrtLibrary.Api;
        using var session = new HandleLease(handle);

        string[] inputs = Read(session.Value, api->SessionGetInputCount, api->SessionGetInputName, api->SessionGetInputTypeInfo, Inputs);
        string[] outputs = Read(session.Value, api->SessionGetOutputCount, api->SessionGetOutputName, api->SessionGetOutputTypeInfo, Outputs);
        string[] initializers = Read(
            session.Value,
            api->SessionGetOverridableInitializerCount,
            api->SessionGetOverridableInitializerName,
            api->SessionGetOverridableInitializerTypeInfo,
            OverridableInitializers);

        InputNames = new NodeNames(inputs, initializers);
        OutputNames = new NodeNames(outputs, []);
        handle.Own(InputNames, OutputNames);
    }

    public Dictionary<string, NodeMetadata> Inputs { get; } = [];

    public Dictionary<string, NodeMetadata> Outputs { get; } = [];

    public Dictionary<string, NodeMetadata> OverridableInitializers { get; } = [];

    public NodeNames InputNames { get; }

    public NodeNames OutputNames { get; }

    private static string[] Read(
        nint session,
        delegate* unmanaged<nint, nuint*, nint> count,
        delegate* unmanaged<nint, nuint, nint, byte**, nint> name,
        delegate* unmanaged<nint, nuint, nint*, nint> typeInfo,
        Dictionary<string, NodeMetadata> metadata)
    {
        nuint nodes;
        OrtStatus.ThrowIfFailed(count(session, &nodes));
        string[] names = new string[nodes];
        for (nuint i = 0; i < nodes; i++)
        {
            byte* text;
            OrtStatus.ThrowIfFailed(name(session, i, OrtAllocator.DefaultPointer, &text));
            names[i] = Utf8.ReadAndFree(text);

            nint type;
            OrtStatus.ThrowIfFailed(typeInfo(session, i, &type));
            metadata[names[i]] = NodeMetadataReader.ReadAndRelease(type);
        }
        return names;
    }
}
