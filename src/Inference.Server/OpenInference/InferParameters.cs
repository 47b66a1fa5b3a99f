using Google.Protobuf.Collections;
using Inference.Recommendations.Ports;
using Inference.Server.Failures;
using Inference.Server.Requests;
using OpenInferenceProtocol.V2;
using Choice = OpenInferenceProtocol.V2.InferParameter.ParameterChoiceOneofCase;

namespace Inference.Server.OpenInference;

/// <summary>
/// Reads the parameters of a ModelInfer request. "timeout" and "priority" are those of Triton's schedule policy. What would change where elements come from or what an answer means is refused, for a client that is not told would take the
/// wrong thing for the right one; everything else is a remark that towers have no use for, such as the sequence of a request.
/// </summary>
internal static class InferParameters
{
    private const string SharedMemory = "is not served; send and take the elements in the messages.";

    /// <summary>Up to this priority somebody waits for the answer; 0 is a request that says nothing, 1 the highest.</summary>
    private const ulong LastInteractive = 1;

    private static readonly string[] Regions = ["shared_memory_region", "shared_memory_byte_size", "shared_memory_offset"];

    public static (WorkPriority Priority, TimeSpan? Timeout) Read(ref Violations violations, MapField<string, InferParameter> parameters)
    {
        ulong priority = Integer(ref violations, parameters, "priority");
        ulong microseconds = Integer(ref violations, parameters, "timeout");
        // Longer than a day is for ever.
        bool isBounded = microseconds > 0 && microseconds <= (ulong)(TimeSpan.TicksPerDay / TimeSpan.TicksPerMicrosecond);
        return (priority <= LastInteractive ? WorkPriority.Interactive : WorkPriority.Bulk, isBounded ? TimeSpan.FromMicroseconds(microseconds) : null);
    }

    public static void CheckInput(ref Violations violations, string field, MapField<string, InferParameter> parameters) => RefuseRegions(ref violations, field, parameters);

    public static void CheckOutput(ref Violations violations, string field, MapField<string, InferParameter> parameters)
    {
        RefuseRegions(ref violations, field, parameters);
        if (parameters.ContainsKey("classification"))
            violations.Add($"{field}.parameters[classification]", "is not served; embeddings have no classes.");
    }

    private static void RefuseRegions(ref Violations violations, string field, MapField<string, InferParameter> parameters)
    {
        if (parameters.Count == 0)
            return;
        foreach (string region in Regions)
        {
            if (parameters.ContainsKey(region))
                violations.Add($"{field}.parameters[{region}]", SharedMemory);
        }
    }

    private static ulong Integer(ref Violations violations, MapField<string, InferParameter> parameters, string name)
    {
        if (parameters.Count == 0 || !parameters.TryGetValue(name, out InferParameter? parameter))
            return 0;
        switch (parameter.ParameterChoiceCase)
        {
            case Choice.Uint64Param:
                return parameter.Uint64Param;
            case Choice.Int64Param when parameter.Int64Param >= 0:
                return (ulong)parameter.Int64Param;
            case Choice.Int64Param:
                violations.Add($"parameters[{name}]", $"is {parameter.Int64Param}; it must be 0 or more.");
                return 0;
            default:
                violations.Add($"parameters[{name}]", $"is {KindOf(parameter)}; it must be an integer.");
                return 0;
        }
    }

    private static string KindOf(InferParameter parameter) => parameter.ParameterChoiceCase switch
    {
        Choice.BoolParam => "a truth value",
        Choice.StringParam => $"the text '{RequestRules.Name(parameter.StringParam)}'",
        Choice.DoubleParam => "a floating-point number",
        _ => "empty",
    };
}
