using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime.Interop;

namespace Microsoft.ML.OnnxRuntime;

/// <summary>
/// Inputs and outputs of a session bound to memory once, for many runs. What is bound stays alive and pinned until it is replaced, cleared,
/// or the binding is disposed, even if the bound value is disposed before. Binding a name again replaces it and allocates nothing.
/// Not thread-safe: one run or change at a time.
/// </summary>
public sealed unsafe class OrtIoBinding : SafeHandle
{
    private readonly NodeNames _inputNames;
    private readonly NodeNames _outputNames;
    private readonly BoundValues _inputs = new();
    private readonly BoundValues _outputs = new();
    private KeptAlive _session;

    internal OrtIoBinding(InferenceSession session)
        : base(0, ownsHandle: true)
    {
        _inputNames = session.InputNodeNames;
        _outputNames = session.OutputNodeNames;
        using var lease = new HandleLease(session.Handle);
        nint created;
        OrtStatus.ThrowIfFailed(OrtLibrary.Api->CreateIoBinding(lease.Value, &created));
        _session.Hold(session.Handle);
        SetHandle(created);
    }

    /// <summary>Binds an input. Where the provider needs it on a device, it is copied there now; later writes to the value are not seen then.</summary>
    public void BindInput(string name, OrtValue ortValue) => Bind(name, ortValue, _inputNames, _inputs, OrtLibrary.Api->BindInput);

    /// <summary>Binds an output to a value that runs write into; its shape must be the output's.</summary>
    public void BindOutput(string name, OrtValue ortValue) => Bind(name, ortValue, _outputNames, _outputs, OrtLibrary.Api->BindOutput);

    /// <summary>
    /// Lets the next run allocate an output, in the memory described; get it with <see cref="GetOutputValues"/>. The output stays bound: a
    /// further run writes into the same memory, so bind it again before a run whose output has another shape or must not replace the last.
    /// </summary>
    public void BindOutputToDevice(string name, OrtMemoryInfo memInfo)
    {
        ArgumentNullException.ThrowIfNull(name);
        using var self = new HandleLease(this);
        using var memory = new HandleLease(memInfo);
        fixed (byte* copy = _outputNames.Find(name) == null ? Utf8.Zeroed(name) : null)
            OrtStatus.ThrowIfFailed(OrtLibrary.Api->BindOutputToDevice(self.Value, copy != null ? copy : _outputNames.Find(name), memory.Value));
        _outputs.Set(name, null);
    }

    /// <summary>Waits until the inputs have been copied to their device.</summary>
    public void SynchronizeBoundInputs()
    {
        using var self = new HandleLease(this);
        OrtStatus.ThrowIfFailed(OrtLibrary.Api->SynchronizeBoundInputs(self.Value));
    }

    /// <summary>Waits until the outputs have been written.</summary>
    public void SynchronizeBoundOutputs()
    {
        using var self = new HandleLease(this);
        OrtStatus.ThrowIfFailed(OrtLibrary.Api->SynchronizeBoundOutputs(self.Value));
    }

    /// <summary>The outputs of the last run in the order in which they were bound, for the caller to dispose.</summary>
    public IDisposableReadOnlyCollection<OrtValue> GetOutputValues()
    {
        using var self = new HandleLease(this);
        nint* values;
        nuint count;
        OrtStatus.ThrowIfFailed(OrtLibrary.Api->GetBoundOutputValues(self.Value, OrtAllocator.DefaultPointer, &values, &count));
        try
        {
            return OrtValueList.Adopt(new ReadOnlySpan<nint>(values, (int)count), _outputs.Handles);
        }
        finally
        {
            Utf8.Free(values);
        }
    }

    public void ClearBoundInputs()
    {
        using var self = new HandleLease(this);
        OrtLibrary.Api->ClearBoundInputs(self.Value);
        _inputs.Clear();
    }

    public void ClearBoundOutputs()
    {
        using var self = new HandleLease(this);
        OrtLibrary.Api->ClearBoundOutputs(self.Value);
        _outputs.Clear();
    }

    public override bool IsInvalid => handle == 0;

    protected override bool ReleaseHandle()
    {
        OrtLibrary.Api->ReleaseIoBinding(handle);
        _inputs.Clear();
        _outputs.Clear();
        _session.Release();
        return true;
    }

    private void Bind(string name, OrtValue ortValue, NodeNames names, BoundValues bound, delegate* unmanaged<nint, byte*, nint, nint> bind)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(ortValue);
        using var self = new HandleLease(this);
        using var value = new HandleLease(ortValue.Handle);
        byte* known = names.Find(name);
        // A name that the model does not have is ONNX Runtime's to refuse, in its words.
        fixed (byte* unknown = known == null ? Utf8.Zeroed(name) : null)
            OrtStatus.ThrowIfFailed(bind(self.Value, known != null ? known : unknown, value.Value));
        bound.Set(name, ortValue.Handle);
    }
}
