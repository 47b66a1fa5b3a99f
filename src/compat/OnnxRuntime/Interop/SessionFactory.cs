namespace Microsoft.ML.OnnxRuntime.Interop;

/// <summary>Makes native sessions.</summary>
internal static unsafe class SessionFactory
{
    /// <param name="modelPath">A model file.</param>
    /// <param name="options">Null for the defaults.</param>
    public static SessionHandle Load(string modelPath, SessionOptions? options)
    {
        fixed (byte* path = Utf8.ZeroedPath(modelPath))
            return Create(path, null, 0, options);
    }

    /// <param name="model">The bytes of a model; needed only until this returns.</param>
    /// <param name="options">Null for the defaults.</param>
    public static SessionHandle Load(byte[] model, SessionOptions? options)
    {
        ArgumentNullException.ThrowIfNull(model);
        fixed (byte* bytes = model)
            return Create(null, bytes, (nuint)model.Length, options);
    }

    private static SessionHandle Create(byte* path, byte* model, nuint modelLength, SessionOptions? options)
    {
        using SessionOptions? defaults = options is null ? new SessionOptions() : null;
        using var sessionOptions = new HandleLease(options ?? defaults!);
        OrtEnv environment = OrtEnv.Instance();
        using var environmentLease = new HandleLease(environment);
        nint session;
        OrtStatus.ThrowIfFailed(path != null
            ? OrtLibrary.Api->CreateSession(environmentLease.Value, path, sessionOptions.Value, &session)
            : OrtLibrary.Api->CreateSessionFromArray(environmentLease.Value, model, modelLength, sessionOptions.Value, &session));
        return new SessionHandle(session, environment);
    }
}
