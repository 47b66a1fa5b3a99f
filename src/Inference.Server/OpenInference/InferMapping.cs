using Google.Protobuf;
using Inference.Towers.Tensors;
using OpenInferenceProtocol.V2;
using OutputTensorMessage = OpenInferenceProtocol.V2.ModelInferResponse.Types.InferOutputTensor;
using TensorMetadata = OpenInferenceProtocol.V2.ModelMetadataResponse.Types.TensorMetadata;

namespace Inference.Server.OpenInference;

/// <summary>Messages of the protocol ↔ runs of raw towers.</summary>
internal static class InferMapping
{
    /// <summary>The run that a request asks for. Raw elements are used where they lie in the message.</summary>
    public static TensorRun ToRun(ModelInferRequest request, RawTower tower, InferPlan plan)
    {
        var data = new ReadOnlyMemory<byte>[plan.Places.Length];
        var shapes = new long[plan.Places.Length][];
        for (int i = 0; i < data.Length; i++)
        {
            int place = plan.Places[i];
            data[i] = request.RawInputContents.Count > 0 ? request.RawInputContents[place].Memory : TypedContents.ToBytes(request.Inputs[place].Contents, tower.Inputs[i].Type);
            shapes[i] = [.. request.Inputs[place].Shape];
        }

        return new TensorRun(tower, data, shapes, plan.Wanted);
    }

    /// <summary>The response to a request: elements in the form that the request has, unless there is an output that has no other than the raw one.</summary>
    public static ModelInferResponse ToResponse(ModelInferRequest request, string version, TensorRun run)
    {
        var response = new ModelInferResponse { ModelName = request.ModelName, ModelVersion = version, Id = request.Id };
        bool isRaw = request.RawInputContents.Count > 0 || run.Outputs.Any(output => TypedContents.FieldOf(output.Spec.Type) is null);
        foreach (OutputTensor output in run.Outputs)
        {
            var tensor = new OutputTensorMessage { Name = output.Spec.Name, Datatype = Datatypes.NameOf(output.Spec.Type), Shape = { output.Shape } };
            response.Outputs.Add(tensor);
            // Nobody else has the array.
            if (isRaw)
                response.RawOutputContents.Add(UnsafeByteOperations.UnsafeWrap(output.Data));
            else
                tensor.Contents = TypedContents.FromBytes(output.Data, output.Spec.Type);
        }

        return response;
    }

    public static TensorMetadata ToMetadata(TensorSpec spec) => new() { Name = spec.Name, Datatype = Datatypes.NameOf(spec.Type), Shape = { spec.Axes.Select(axis => axis.Size) } };
}
