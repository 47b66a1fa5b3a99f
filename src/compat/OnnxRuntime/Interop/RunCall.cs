using System.Buffers;
using System.Runtime.CompilerServices;

namespace Microsoft.ML.OnnxRuntime.Interop;

/// <summary>
/// One call of the C function Run:
/// <list type="number">
/// <item>look up the names' addresses, made when the session was;</item>
/// <item>borrow every value, so that disposing one on another thread waits for this run;</item>
/// <item>call;</item>
/// <item>give the values back, those that were borrowed and no others, whatever failed.</item>
/// </list>
/// The scratch is on the stack up to <see cref="OnStack"/> inputs and outputs together and pooled above, so a call allocates nothing.
/// Thread-safe: it has no state, and ONNX Runtime's Run is safe to call from many threads.
/// </summary>
internal static unsafe class RunCall
{
    private const int OnStack = 16;

    /// <param name="session">The session; the caller holds it.</param>
    /// <param name="options">The run options.</param>
    /// <param name="inputs">The session's input names.</param>
    /// <param name="inputNames">As many as there are values.</param>
    /// <param name="inputValues">The inputs.</param>
    /// <param name="outputs">The session's output names.</param>
    /// <param name="outputNames">The outputs that are wanted.</param>
    /// <param name="outputValues">As many values to write into as there are output names, or empty.</param>
    /// <param name="produced">Where <paramref name="outputValues"/> is empty: receives a new value per output name, which the caller owns.</param>
    public static void Invoke(
        nint session,
        RunOptions options,
        NodeNames inputs,
        ReadOnlySpan<string> inputNames,
        ReadOnlySpan<OrtValue> inputValues,
        NodeNames outputs,
        ReadOnlySpan<string> outputNames,
        ReadOnlySpan<OrtValue> outputValues,
        Span<nint> produced)
    {
        int inputCount = inputNames.Length;
        int outputCount = outputNames.Length;
        int total = inputCount + outputCount;
        using var runOptions = new HandleLease(options);

        Inline inline = default;
        OrtValueHandle[]? pooled = total > OnStack ? ArrayPool<OrtValueHandle>.Shared.Rent(total) : null;
        nint[]? pooledAddresses = total > OnStack ? ArrayPool<nint>.Shared.Rent(2 * total) : null;
        Span<OrtValueHandle?> borrowed = pooled ?? (Span<OrtValueHandle?>)inline;
        Span<nint> addresses = pooledAddresses ?? stackalloc nint[2 * OnStack];
        int borrowedCount = 0;
        try
        {
            Span<nint> names = addresses[..total];
            Span<nint> values = addresses.Slice(total, total);
            for (int i = 0; i < inputCount; i++)
            {
                names[i] = (nint)Require(inputs.Find(NotNull(inputNames[i])), "Input", inputNames[i]);
                values[i] = Borrow(inputValues[i], borrowed, ref borrowedCount);
            }
            for (int i = 0; i < outputCount; i++)
            {
                names[inputCount + i] = (nint)Require(outputs.Find(NotNull(outputNames[i])), "Output", outputNames[i]);
                values[inputCount + i] = outputValues.IsEmpty ? 0 : Borrow(outputValues[i], borrowed, ref borrowedCount);
            }

            fixed (nint* name = names)
            fixed (nint* value = values)
            {
                OrtStatus.ThrowIfFailed(OrtLibrary.Api->Run(
                    session, runOptions.Value, (byte**)name, value, (nuint)inputCount, (byte**)(name + inputCount), (nuint)outputCount, value + inputCount));
            }
            if (outputValues.IsEmpty)
                values[inputCount..].CopyTo(produced);
        }
        finally
        {
            for (int i = 0; i < borrowedCount; i++)
                borrowed[i]!.DangerousRelease();
            if (pooled is not null)
                ArrayPool<OrtValueHandle>.Shared.Return(pooled, clearArray: true);
            if (pooledAddresses is not null)
                ArrayPool<nint>.Shared.Return(pooledAddresses);
        }
    }

    private static nint Borrow(OrtValue value, Span<OrtValueHandle?> borrowed, ref int count)
    {
        ArgumentNullException.ThrowIfNull(value);
        bool held = false;
        // The handle is kept, not the caller's array: what comes to stand in that array meanwhile must not be given back in its place.
        OrtValueHandle handle = value.Handle;
        handle.DangerousAddRef(ref held);
        borrowed[count++] = handle;
        return handle.DangerousGetHandle();
    }

    private static string NotNull(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return name;
    }

    private static byte* Require(byte* address, string kind, string name) => address != null
        ? address
        : throw new OnnxRuntimeException(ErrorCode.InvalidArgument, $"{kind} name: '{name}' is not in the metadata");

    [InlineArray(OnStack)]
    private struct Inline
    {
        private OrtValueHandle? _first;
    }
}
