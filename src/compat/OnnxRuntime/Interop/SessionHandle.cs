using System.Runtime.InteropServices;

namespace Microsoft.ML.OnnxRuntime.Interop;

/// <summary>A native <c>OrtSession</c> with what it needs to its last run: the environment, and the names in native memory.</summary>
internal sealed unsafe class SessionHandle : SafeHandle
{
    private KeptAlive _environment;
    private NodeNames? _inputNames;
    private NodeNames? _outputNames;

    /// <param name="native">The session; owned from here on.</param>
    /// <param name="environment">The environment it was made in.</param>
    public SessionHandle(nint native, OrtEnv environment)
        : base(0, ownsHandle: true)
    {
        _environment.Hold(environment);
        SetHandle(native);
    }

    public override bool IsInvalid => handle == 0;

    /// <summary>Gives the names over; freed with the session.</summary>
    public void Own(NodeNames inputNames, NodeNames outputNames) => (_inputNames, _outputNames) = (inputNames, outputNames);

    protected override bool ReleaseHandle()
    {
        OrtLibrary.Api->ReleaseSession(handle);
        _inputNames?.Free();
        _outputNames?.Free();
        _environment.Release();
        return true;
    }
}
