using System.Runtime.InteropServices;
using Fuzz.Engine;
using Google.Protobuf;
using Inference.Recommendations.Ports;
using Inference.Server.Failures;
using Inference.Server.OpenInference;
using Inference.Towers.Tensors;
using OpenInferenceProtocol.V2;
using InputTensor = OpenInferenceProtocol.V2.ModelInferRequest.Types.InferInputTensor;

namespace Fuzz.Targets;

/// <summary>Tensors of the Open Inference Protocol: what passes the rules is run by the native runtime, which is given the request's own bytes.</summary>
internal sealed class TensorsTarget : FuzzTarget
{
    public override string Name => "tensors";

    public override bool NeedsProcess => true;

    public override int TestCases => 600;

    public override (long PerByte, long Free) MostAllocated => (4_096, 4 << 20);

    public override IReadOnlyList<string> Tokens => ["history_ids", "history_mask", "country", "item_id", "user_embedding", "INT64", "FP32", "FP16", "BYTES", "timeout", "priority", "binary_data_size"];

    public override IEnumerable<byte[]> Seeds()
    {
        foreach (bool isRaw in new[] { true, false })
        {
            var request = new ModelInferRequest { ModelName = "user_tower", Id = "a request" };
            Add(request, isRaw, "history_ids", "INT64", [2, 3], new long[] { 1, 2, 3, 4, 5, 6 });
            Add(request, isRaw, "history_mask", "FP32", [2, 3], new float[] { 1, 1, 1, 1, 1, 0 });
            Add(request, isRaw, "country", "INT64", [2], new long[] { 1, 2 });
            yield return request.ToByteArray();
        }
    }

    public override bool Read(byte[] input)
    {
        ModelInferRequest request;
        try
        {
            request = ModelInferRequest.Parser.ParseFrom(input);
        }
        catch (InvalidProtocolBufferException)
        {
            return false;
        }

        RawTower tower = RawTower.Beneath(LoadedWorld.Bundle.Snapshot.UserTower)!;
        if (InferRules.Check(request, tower, out InferPlan plan) is { } failure)
        {
            FuzzException.Unless(failure.Violations.Count > 0 && failure.Message.Length < 16_384, "a refusal says nothing, or too much");
            return false;
        }

        TensorRun run = InferMapping.ToRun(request, tower, plan);
        TensorRunOutcome outcome = tower.RunAsync(run, new Urgency(plan.Priority), default).AsTask().GetAwaiter().GetResult();
        if (outcome == TensorRunOutcome.Unfit)
            return false;
        FuzzException.Unless(outcome == TensorRunOutcome.Done, "a run that nothing hinders is not done");
        FuzzException.Unless(InferMapping.ToResponse(request, "1", run).Outputs.Count == plan.Wanted.Length, "a reply has other outputs than were wanted");
        return true;
    }

    private static void Add<T>(ModelInferRequest request, bool isRaw, string name, string datatype, long[] shape, T[] elements)
        where T : unmanaged
    {
        var tensor = new InputTensor { Name = name, Datatype = datatype, Shape = { shape } };
        request.Inputs.Add(tensor);
        if (isRaw)
            request.RawInputContents.Add(ByteString.CopyFrom(MemoryMarshal.AsBytes(elements.AsSpan())));
        else
            tensor.Contents = elements is long[] whole ? new InferTensorContents { Int64Contents = { whole } } : new InferTensorContents { Fp32Contents = { (float[])(object)elements } };
    }
}
