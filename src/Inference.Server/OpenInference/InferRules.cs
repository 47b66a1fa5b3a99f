using Google.Protobuf.Collections;
using Inference.Recommendations.Ports;
using Inference.Server.Failures;
using Inference.Server.Requests;
using Inference.Towers.Tensors;
using OpenInferenceProtocol.V2;
using InputTensor = OpenInferenceProtocol.V2.ModelInferRequest.Types.InferInputTensor;
using RequestedOutput = OpenInferenceProtocol.V2.ModelInferRequest.Types.InferRequestedOutputTensor;

namespace Inference.Server.OpenInference;

/// <summary>
/// Checks a ModelInfer request against what the tower takes, all at once. What passes can be given to the runtime as it is; all that is left for it to refuse is the value of an element: an id
/// beyond a table.
/// <list type="number">
/// <item>every input of the tower is there, once, and no other is</item>
/// <item>each has the right type, rank and sizes, and as many elements (<see cref="TensorRules"/>)</item>
/// <item>sizes that belong together agree: the batch, the history, axes to which the graph gives one name</item>
/// <item>the outputs that are wanted exist, and are asked for once</item>
/// <item>parameters can be read (<see cref="InferParameters"/>)</item>
/// </list>
/// </summary>
internal static class InferRules
{
    /// <summary>Most violations in the message of the status, which is all that clients of Triton and KServe show.</summary>
    private const int MostInMessage = 6;

    /// <summary>Most names of inputs or outputs in one violation.</summary>
    private const int MostNames = 16;

    /// <param name="request">The request.</param>
    /// <param name="tower">The tower that it names.</param>
    /// <param name="plan">What it asks for; of use only when nothing breaks a rule.</param>
    /// <returns>Everything that is wrong; null when nothing is.</returns>
    public static Failure? Check(ModelInferRequest request, RawTower tower, out InferPlan plan)
    {
        var violations = new Violations();
        int[] places = CheckInputs(ref violations, request, tower.Inputs);
        CheckAgreement(ref violations, request.Inputs, places, tower.Inputs);
        int[] wanted = CheckOutputs(ref violations, request.Outputs, tower.Outputs);
        (WorkPriority priority, TimeSpan? timeout) = InferParameters.Read(ref violations, request.Parameters);
        plan = new InferPlan(places, wanted, priority, timeout);
        return violations.ToFailure(MostInMessage);
    }

    /// <summary>Checks the inputs one by one.</summary>
    /// <returns>For each input of the tower its place in the request; -1 for one that is missing.</returns>
    private static int[] CheckInputs(ref Violations violations, ModelInferRequest request, IReadOnlyList<TensorSpec> specs)
    {
        RepeatedField<InputTensor> inputs = request.Inputs;
        int raw = request.RawInputContents.Count;
        var places = new int[specs.Count];
        Array.Fill(places, -1);
        violations.CheckCount("inputs", inputs.Count, specs.Count);
        if (raw > 0 && raw != inputs.Count)
            violations.Add("raw_input_contents", $"holds {raw} elements, but there are {inputs.Count} inputs; it needs one for each, in their order.");
        // Those that are too many are not looked at, so that a large request does not make much work.
        for (int i = 0; i < Math.Min(inputs.Count, specs.Count); i++)
        {
            string field = $"inputs[{i}]";
            int place = IndexOf(specs, inputs[i].Name);
            if (place < 0)
            {
                violations.Add($"{field}.name", $"is '{RequestRules.Name(inputs[i].Name)}'; the model takes {NamesOf(specs)}.");
                continue;
            }

            if (places[place] >= 0)
                violations.Add($"{field}.name", $"is '{specs[place].Name}', which inputs[{places[place]}] is already.");
            else
                places[place] = i;
            InferParameters.CheckInput(ref violations, field, inputs[i].Parameters);
            long elements = TensorRules.CheckShape(ref violations, field, inputs[i], specs[place]);
            if (raw == 0)
                TensorRules.CheckContents(ref violations, $"{field}.contents", inputs[i].Contents, specs[place], elements);
            else
                TensorRules.CheckRaw(ref violations, field, $"raw_input_contents[{i}]", inputs[i], i < raw ? request.RawInputContents[i] : null, specs[place], elements);
        }

        for (int i = 0; i < places.Length && inputs.Count <= specs.Count; i++)
        {
            if (places[i] < 0)
                violations.Add("inputs", $"has no '{specs[i].Name}' ({Datatypes.Describe(specs[i])}).");
        }

        return places;
    }

    /// <summary>Checks that axes of one group have the size of the first one that the request gives. Sizes out of bounds are told already.</summary>
    private static void CheckAgreement(ref Violations violations, RepeatedField<InputTensor> inputs, int[] places, IReadOnlyList<TensorSpec> specs)
    {
        for (int group = 0; ; group++)
        {
            (int Input, int Axis)? first = null;
            bool isKnown = false;
            for (int i = 0; i < inputs.Count && i < specs.Count; i++)
            {
                int place = Array.IndexOf(places, i);
                if (place < 0)
                    continue;
                IReadOnlyList<TensorAxis> axes = specs[place].Axes;
                for (int axis = 0; axis < axes.Count; axis++)
                {
                    isKnown |= axes[axis].Group >= group;
                    if (axes[axis].Group != group || inputs[i].Shape.Count != axes.Count || !axes[axis].Takes(inputs[i].Shape[axis]))
                        continue;
                    long size = inputs[i].Shape[axis];
                    if (first is not { } other)
                        first = (i, axis);
                    else if (inputs[other.Input].Shape[other.Axis] is var expected && size != expected)
                        violations.Add($"inputs[{i}].shape[{axis}]", $"is {size}, but inputs[{other.Input}].shape[{other.Axis}] is {expected}; the {axes[axis].Name} has one size.");
                }
            }

            if (!isKnown)
                return;
        }
    }

    private static int[] CheckOutputs(ref Violations violations, RepeatedField<RequestedOutput> outputs, IReadOnlyList<TensorSpec> specs)
    {
        if (outputs.Count == 0)
            return [.. Enumerable.Range(0, specs.Count)];
        violations.CheckCount("outputs", outputs.Count, specs.Count);
        var wanted = new int[Math.Min(outputs.Count, specs.Count)];
        for (int i = 0; i < wanted.Length; i++)
        {
            wanted[i] = IndexOf(specs, outputs[i].Name);
            if (wanted[i] < 0)
                violations.Add($"outputs[{i}].name", $"is '{RequestRules.Name(outputs[i].Name)}'; the model gives {NamesOf(specs)}.");
            else if (Array.IndexOf(wanted, wanted[i], 0, i) is var before and >= 0)
                violations.Add($"outputs[{i}].name", $"is '{specs[wanted[i]].Name}', which outputs[{before}] is already.");
            InferParameters.CheckOutput(ref violations, $"outputs[{i}]", outputs[i].Parameters);
        }

        return wanted;
    }

    private static int IndexOf(IReadOnlyList<TensorSpec> specs, string name)
    {
        for (int i = 0; i < specs.Count; i++)
        {
            if (specs[i].Name == name)
                return i;
        }

        return -1;
    }

    private static string NamesOf(IReadOnlyList<TensorSpec> specs) => string.Join(", ", specs.Take(MostNames).Select(spec => $"'{spec.Name}'")) + (specs.Count > MostNames ? ", …" : "");
}
