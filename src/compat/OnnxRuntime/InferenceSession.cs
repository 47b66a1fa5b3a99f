using Microsoft.ML.OnnxRuntime.Interop;

namespace Microsoft.ML.OnnxRuntime;

/// <summary>
/// A loaded model. Runs may be made from many threads at once; a Dispose meanwhile takes effect when the last of them is done.
/// </summary>
public sealed unsafe class InferenceSession : IDisposable
{
    private readonly SessionHandle _handle;
    private readonly SessionInputsAndOutputs _nodes;
    private readonly RunOptions _defaultRunOptions;
    private ModelMetadata? _modelMetadata;
    private volatile bool _disposed;

    /// <summary>Loads a model file with default options.</summary>
    public InferenceSession(string modelPath)
        : this(SessionFactory.Load(modelPath, null))
    {
    }

    /// <summary>Loads a model file.</summary>
    /// <exception cref="OnnxRuntimeException">No such file, no ONNX model, or one that the providers cannot run.</exception>
    public InferenceSession(string modelPath, SessionOptions options)
        : this(SessionFactory.Load(modelPath, NotNull(options)))
    {
    }

    /// <summary>Loads a model from memory with default options.</summary>
    public InferenceSession(byte[] model)
        : this(SessionFactory.Load(model, null))
    {
    }

    /// <summary>Loads a model from memory. The array is not needed afterwards.</summary>
    /// <exception cref="OnnxRuntimeException">No ONNX model, or one that the providers cannot run.</exception>
    public InferenceSession(byte[] model, SessionOptions options)
        : this(SessionFactory.Load(model, NotNull(options)))
    {
    }

    private InferenceSession(SessionHandle handle)
    {
        _handle = handle;
        try
        {
            _nodes = new SessionInputsAndOutputs(handle);
            _defaultRunOptions = new RunOptions();
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Metadata of the inputs by name.</summary>
    public IReadOnlyDictionary<string, NodeMetadata> InputMetadata => _nodes.Inputs;

    /// <summary>Metadata of the outputs by name.</summary>
    public IReadOnlyDictionary<string, NodeMetadata> OutputMetadata => _nodes.Outputs;

    /// <summary>Metadata of those initializers that may be given as inputs, by name.</summary>
    public IReadOnlyDictionary<string, NodeMetadata> OverridableInitializerMetadata => _nodes.OverridableInitializers;

    /// <summary>The inputs in the model's order.</summary>
    public IReadOnlyList<string> InputNames => _nodes.InputNames.List;

    /// <summary>The outputs in the model's order.</summary>
    public IReadOnlyList<string> OutputNames => _nodes.OutputNames.List;

    /// <summary>What the model says about itself; read on first use.</summary>
    public ModelMetadata ModelMetadata
    {
        get
        {
            if (_modelMetadata is { } known)
                return known;
            using var session = new HandleLease(Handle);
            return _modelMetadata = new ModelMetadata(session.Value);
        }
    }

    /// <summary>
    /// The native session. A handle that is borrowed stays open after its own Dispose, for as long as borrowings overlap: the flag is what
    /// turns new runs away, so that those under way come to an end.
    /// </summary>
    internal SessionHandle Handle
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _handle;
        }
    }

    internal NodeNames InputNodeNames => _nodes.InputNames;

    internal NodeNames OutputNodeNames => _nodes.OutputNames;

    /// <summary>Runs the model.</summary>
    /// <param name="runOptions">Not null.</param>
    /// <param name="inputNames">As many as there are values, in their order.</param>
    /// <param name="inputValues">The inputs.</param>
    /// <param name="outputNames">The outputs that are wanted.</param>
    /// <returns>The outputs in the order of their names, for the caller to dispose.</returns>
    /// <exception cref="ArgumentException">Not as many names as values.</exception>
    /// <exception cref="OnnxRuntimeException">An unknown name, an input of the wrong type or shape, a missing one, or a failure of an operator.</exception>
    public IDisposableReadOnlyCollection<OrtValue> Run(
        RunOptions runOptions, IReadOnlyCollection<string> inputNames, IReadOnlyCollection<OrtValue> inputValues, IReadOnlyCollection<string> outputNames)
    {
        ArgumentNullException.ThrowIfNull(runOptions);
        ReadOnlySpan<string> inputs = Names(inputNames, _nodes.InputNames);
        ReadOnlySpan<OrtValue> values = Values(inputValues);
        RequireSameLength(inputs.Length, values.Length, nameof(inputNames), nameof(inputValues));
        return RunAndAdopt(runOptions, inputs, values, outputNames);
    }

    /// <inheritdoc cref="Run(RunOptions, IReadOnlyCollection{string}, IReadOnlyCollection{OrtValue}, IReadOnlyCollection{string})"/>
    /// <param name="runOptions">Not null.</param>
    /// <param name="inputs">The inputs by name.</param>
    /// <param name="outputNames">The outputs that are wanted.</param>
    public IDisposableReadOnlyCollection<OrtValue> Run(
        RunOptions runOptions, IReadOnlyDictionary<string, OrtValue> inputs, IReadOnlyCollection<string> outputNames)
    {
        ArgumentNullException.ThrowIfNull(runOptions);
        ArgumentNullException.ThrowIfNull(inputs);
        return RunAndAdopt(runOptions, inputs.Keys.ToArray(), inputs.Values.ToArray(), outputNames);
    }

    /// <summary>
    /// Runs the model into values that exist already, whose shapes must be those of the outputs. Allocates no managed memory if the names
    /// and values are arrays, lists, or this session's <see cref="InputNames"/> and <see cref="OutputNames"/>.
    /// </summary>
    /// <param name="runOptions">Null for the defaults.</param>
    /// <param name="inputNames">As many as there are input values, in their order.</param>
    /// <param name="inputValues">The inputs.</param>
    /// <param name="outputNames">As many as there are output values, in their order.</param>
    /// <param name="outputValues">Tensors that are written into.</param>
    /// <exception cref="ArgumentException">Not as many names as values.</exception>
    /// <exception cref="OnnxRuntimeException">An unknown name, an input or output of the wrong type or shape, a missing one, or a failure of an operator.</exception>
    public void Run(
        RunOptions? runOptions,
        IReadOnlyCollection<string> inputNames,
        IReadOnlyCollection<OrtValue> inputValues,
        IReadOnlyCollection<string> outputNames,
        IReadOnlyCollection<OrtValue> outputValues)
    {
        ReadOnlySpan<string> inputs = Names(inputNames, _nodes.InputNames);
        ReadOnlySpan<OrtValue> values = Values(inputValues);
        ReadOnlySpan<string> outputs = Names(outputNames, _nodes.OutputNames);
        ReadOnlySpan<OrtValue> results = Values(outputValues);
        RequireSameLength(inputs.Length, values.Length, nameof(inputNames), nameof(inputValues));
        RequireSameLength(outputs.Length, results.Length, nameof(outputNames), nameof(outputValues));

        using var session = new HandleLease(Handle);
        RunCall.Invoke(session.Value, runOptions ?? _defaultRunOptions, _nodes.InputNames, inputs, values, _nodes.OutputNames, outputs, results, default);
    }

    /// <summary>Makes a binding of inputs and outputs to memory, for <see cref="RunWithBinding"/>.</summary>
    public OrtIoBinding CreateIoBinding() => new(this);

    /// <summary>Runs the model from and into what is bound. Allocates no managed memory.</summary>
    /// <exception cref="OnnxRuntimeException">An input is not bound or of the wrong type or shape, or an operator failed.</exception>
    public void RunWithBinding(RunOptions runOptions, OrtIoBinding ioBinding)
    {
        using var session = new HandleLease(Handle);
        using var options = new HandleLease(runOptions);
        using var binding = new HandleLease(ioBinding);
        OrtStatus.ThrowIfFailed(OrtLibrary.Api->RunWithBinding(session.Value, options.Value, binding.Value));
    }

    /// <summary>Runs as <see cref="RunWithBinding"/> does and gets the outputs in the order in which they were bound, for the caller to dispose.</summary>
    public IDisposableReadOnlyCollection<OrtValue> RunWithBoundResults(RunOptions runOptions, OrtIoBinding ioBinding)
    {
        RunWithBinding(runOptions, ioBinding);
        return ioBinding.GetOutputValues();
    }

    public void Dispose()
    {
        _disposed = true;
        _handle.Dispose();
        _defaultRunOptions.Dispose();
    }

    private OrtValueList RunAndAdopt(
        RunOptions runOptions, ReadOnlySpan<string> inputs, ReadOnlySpan<OrtValue> values, IReadOnlyCollection<string> outputNames)
    {
        ReadOnlySpan<string> outputs = Names(outputNames, _nodes.OutputNames);
        nint[] produced = new nint[outputs.Length];
        using (var session = new HandleLease(Handle))
            RunCall.Invoke(session.Value, runOptions, _nodes.InputNames, inputs, values, _nodes.OutputNames, outputs, default, produced);
        return OrtValueList.Adopt(produced);
    }

    private static ReadOnlySpan<string> Names(IReadOnlyCollection<string> names, NodeNames own)
    {
        ArgumentNullException.ThrowIfNull(names);
        return ReferenceEquals(names, own.List) ? own.Ordered : CollectionSpan.Of(names);
    }

    private static ReadOnlySpan<OrtValue> Values(IReadOnlyCollection<OrtValue> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        return CollectionSpan.Of(values);
    }

    private static void RequireSameLength(int names, int values, string namesParameter, string valuesParameter)
    {
        if (names != values)
            throw new ArgumentException($"Length of {namesParameter} ({names}) must match that of {valuesParameter} ({values}).");
    }

    private static SessionOptions NotNull(SessionOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return options;
    }
}
