using Google.Protobuf;
using Inference.Server.Failures;
using Inference.Server.Requests;
using Inference.Towers.Tensors;
using OpenInferenceProtocol.V2;
using InputTensor = OpenInferenceProtocol.V2.ModelInferRequest.Types.InferInputTensor;

namespace Inference.Server.OpenInference;

/// <summary>Checks one input of a ModelInfer request: its type, its shape, its elements.</summary>
internal static class TensorRules
{
    /// <summary>Checks type and shape.</summary>
    /// <returns>Elements of the shape; -1 when it breaks a rule.</returns>
    public static long CheckShape(ref Violations violations, string field, InputTensor input, TensorSpec spec)
    {
        if (input.Datatype != Datatypes.NameOf(spec.Type))
            violations.Add($"{field}.datatype", $"is '{RequestRules.Name(input.Datatype)}'; the model takes {Datatypes.NameOf(spec.Type)}.");
        if (input.Shape.Count != spec.Axes.Count)
        {
            violations.Add($"{field}.shape", $"has {input.Shape.Count} dimensions; the model takes {Datatypes.Shape(spec.Axes.Select(axis => axis.Size))}.");
            return -1;
        }

        // The bounds keep the product far from the end of the numbers.
        long elements = 1;
        for (int i = 0; i < spec.Axes.Count; i++)
        {
            long size = input.Shape[i];
            TensorAxis axis = spec.Axes[i];
            bool isFine = axis.Takes(size);
            if (!isFine)
                violations.Add($"{field}.shape[{i}]", axis.IsOpen ? $"is {size}; {(axis.Name.Length == 0 ? "it" : $"the {axis.Name}")} can be 1 to {axis.Most}." : $"is {size}; the model takes {axis.Size}.");
            elements = isFine && elements >= 0 ? elements * size : -1;
        }

        return elements;
    }

    /// <summary>Checks elements in lists: the one list of the type has as many as the shape needs, the others are empty.</summary>
    /// <param name="elements">Elements of the shape; -1 when it is not known.</param>
    public static void CheckContents(ref Violations violations, string field, InferTensorContents? contents, TensorSpec spec, long elements)
    {
        string type = Datatypes.NameOf(spec.Type);
        if (TypedContents.FieldOf(spec.Type) is not { } list)
        {
            violations.Add(field, $"cannot hold {type}; send all inputs in raw_input_contents.");
            return;
        }

        if (TypedContents.Stray(contents, spec.Type) is { } stray)
            violations.Add($"{field}.{stray}", $"must be empty; {type} goes into {list}.");
        int count = TypedContents.Count(contents, spec.Type);
        if (elements >= 0 && count != elements)
            violations.Add($"{field}.{list}", $"holds {count} elements; the shape needs {elements}.");
    }

    /// <summary>Checks raw elements: as many bytes as the shape needs, and no lists beside them.</summary>
    /// <param name="field">Name of the input.</param>
    /// <param name="rawField">Name of its raw elements.</param>
    /// <param name="input">The input.</param>
    /// <param name="raw">Its raw elements; null when there are none.</param>
    /// <param name="spec">What the model takes.</param>
    /// <param name="elements">Elements of the shape; -1 when it is not known.</param>
    public static void CheckRaw(ref Violations violations, string field, string rawField, InputTensor input, ByteString? raw, TensorSpec spec, long elements)
    {
        if (TypedContents.Stray(input.Contents, null) is { } stray)
            violations.Add($"{field}.contents.{stray}", "must be empty where there are raw_input_contents; elements are sent in one way.");
        if (raw is null)
            return;
        if (elements >= 0 && raw.Length != elements * spec.Type.Size())
        {
            violations.Add(rawField, $"has {raw.Length} bytes; {Datatypes.NameOf(spec.Type)} {Datatypes.Shape(input.Shape)} needs {elements * spec.Type.Size()}.");
            return;
        }

        // Native code takes any other byte for a third truth value.
        if (spec.Type == TensorType.Bool && raw.Span.IndexOfAnyExceptInRange((byte)0, (byte)1) is var odd and >= 0)
            violations.Add(rawField, $"has {raw.Span[odd]} at byte {odd}; BOOL is 0 or 1.");
    }
}
