using Google.Protobuf;
using Grpc.Core;
using OpenInferenceProtocol.V2;
using Xunit;

namespace FunctionalTests.Server.OpenInference;

/// <summary>Every rule of ModelInfer, broken alone, and what the caller is told of it.</summary>
[Collection(nameof(SharedServer))]
public class InferRefusalTests(SharedServer shared)
{
    private readonly GRPCInferenceService.GRPCInferenceServiceClient _client = new(shared.Server.Channel);

    public static TheoryData<string, string, Action<ModelInferRequest>> RawViolations => new()
    {
        { "inputs", "has no 'country' (INT64 [-1]).", request => Remove(request, 2) },
        { "inputs", "holds 4 elements; at most 3 are allowed.", request => request.With(true, "more", "FP32", [1], [1f]) },
        { "inputs[1].name", "is 'histroy_mask'; the model takes 'history_ids', 'history_mask', 'country'.", request => Rename(request, 1, "histroy_mask") },
        { "inputs[1].name", "is 'history_ids', which inputs[0] is already.", request => (request.Inputs[1].Name, request.Inputs[1].Datatype, request.RawInputContents[1]) = ("history_ids", "INT64", request.RawInputContents[0]) },
        { "inputs[0].datatype", "is 'INT32'; the model takes INT64.", request => request.Inputs[0].Datatype = "INT32" },
        { "inputs[0].datatype", "is ''; the model takes INT64.", request => request.Inputs[0].Datatype = "" },
        { "inputs[2].shape", "has 2 dimensions; the model takes [-1].", request => request.Inputs[2].Shape.Add(1) },
        { "inputs[2].shape", "has 0 dimensions; the model takes [-1].", request => request.Inputs[2].Shape.Clear() },
        { "inputs[2].shape[0]", "is 129; the batch can be 1 to 128.", request => request.Inputs[2].Shape[0] = 129 },
        { "inputs[2].shape[0]", "is 0; the batch can be 1 to 128.", request => request.Inputs[2].Shape[0] = 0 },
        { "inputs[2].shape[0]", "is -1; the batch can be 1 to 128.", request => request.Inputs[2].Shape[0] = -1 },
        { "inputs[2].shape[0]", "is 9223372036854775807; the batch can be 1 to 128.", request => request.Inputs[2].Shape[0] = long.MaxValue },
        { "inputs[1].shape[1]", "is 11; the history can be 1 to 10.", request => request.Inputs[1].Shape[1] = 11 },
        { "inputs[2].shape[0]", "is 3, but inputs[0].shape[0] is 2; the batch has one size.", request => Replace(request, 2, [3], new byte[24]) },
        { "inputs[1].shape[1]", "is 3, but inputs[0].shape[1] is 2; the history has one size.", request => Replace(request, 1, [2, 3], new byte[24]) },
        { "raw_input_contents[1]", "has 15 bytes; FP32 [2, 2] needs 16.", request => request.RawInputContents[1] = ByteString.CopyFrom(new byte[15]) },
        { "raw_input_contents", "holds 2 elements, but there are 3 inputs; it needs one for each, in their order.", request => request.RawInputContents.RemoveAt(2) },
        { "inputs[1].contents.fp32_contents", "must be empty where there are raw_input_contents; elements are sent in one way.", request => request.Inputs[1].Contents = new() { Fp32Contents = { 1f } } },
        { "inputs[1].parameters[shared_memory_region]", "is not served; send and take the elements in the messages.", request => request.Inputs[1].Parameters["shared_memory_region"] = new() { StringParam = "r" } },
        { "outputs[0].name", "is 'scores'; the model gives 'user_embedding'.", request => request.Outputs.Add(new ModelInferRequest.Types.InferRequestedOutputTensor { Name = "scores" }) },
        { "outputs[0].parameters[classification]", "is not served; embeddings have no classes.", request => request.Outputs.Add(Output("classification")) },
        { "outputs[0].parameters[shared_memory_offset]", "is not served; send and take the elements in the messages.", request => request.Outputs.Add(Output("shared_memory_offset")) },
        { "outputs", "holds 2 elements; at most 1 are allowed.", request => request.Outputs.Add([Output("x"), Output("x")]) },
        { "parameters[timeout]", "is -5; it must be 0 or more.", request => request.Parameters["timeout"] = new() { Int64Param = -5 } },
        { "parameters[priority]", "is the text 'high'; it must be an integer.", request => request.Parameters["priority"] = new() { StringParam = "high" } },
        { "parameters[priority]", "is empty; it must be an integer.", request => request.Parameters["priority"] = new() },
    };

    public static TheoryData<string, string, Action<ModelInferRequest>> TypedViolations => new()
    {
        { "inputs[1].contents.fp32_contents", "holds 3 elements; the shape needs 4.", request => request.Inputs[1].Contents.Fp32Contents.RemoveAt(0) },
        { "inputs[1].contents.fp32_contents", "holds 0 elements; the shape needs 4.", request => request.Inputs[1].Contents = null },
        { "inputs[0].contents.int_contents", "must be empty; INT64 goes into int64_contents.", request => request.Inputs[0].Contents.IntContents.Add(1) },
        { "inputs[0].contents.bytes_contents", "must be empty; INT64 goes into int64_contents.", request => request.Inputs[0].Contents.BytesContents.Add(ByteString.Empty) },
    };

    [Theory]
    [MemberData(nameof(RawViolations))]
    public Task ModelInfer_WithOneViolationOfRawContents_NamesItsField(string field, string description, Action<ModelInferRequest> spoil) => RefusedAsync(true, field, description, spoil);

    [Theory]
    [MemberData(nameof(TypedViolations))]
    public Task ModelInfer_WithOneViolationOfTypedContents_NamesItsField(string field, string description, Action<ModelInferRequest> spoil) => RefusedAsync(false, field, description, spoil);

    [Fact]
    public async Task ModelInfer_WithSeveralViolations_NamesAll()
    {
        ModelInferRequest request = InferMessages.Users(true, (2, [3, 4]), (1, [5, 6]));
        request.Inputs[0].Datatype = "FP32";
        request.Inputs[2].Shape.Add(4);
        request.Outputs.Add(Output("classification"));
        request.Parameters["timeout"] = new() { BoolParam = true };

        CallFailure failure = await RunningServer.FailAsync(_client.ModelInferAsync(request));

        Assert.Equal(["inputs[0].datatype", "inputs[2].shape", "outputs[0].parameters[classification]", "parameters[timeout]"], failure.Violations.Select(violation => violation.Field).Order(StringComparer.Ordinal));
        // Clients of Triton and KServe show the message alone.
        Assert.Equal(string.Join(' ', failure.Violations.Select(violation => $"{violation.Field}: {violation.Description}")), failure.Message);
    }

    [Fact]
    public async Task ModelInfer_WithNothing_NamesEveryInput()
    {
        CallFailure failure = await RunningServer.FailAsync(_client.ModelInferAsync(new() { ModelName = "user_tower" }));

        Assert.Equal(
            ["has no 'history_ids' (INT64 [-1, -1]).", "has no 'history_mask' (FP32 [-1, -1]).", "has no 'country' (INT64 [-1])."],
            failure.Violations.Select(violation => violation.Description));
    }

    [Theory]
    [InlineData(true, 41)]
    [InlineData(false, 41)]
    [InlineData(true, long.MaxValue)]
    [InlineData(true, -42)]
    [InlineData(true, long.MinValue)]
    public async Task ModelInfer_WithAnIdBeyondTheTable_SaysSoAndTheTowerGoesOn(bool isRaw, long id)
    {
        CallFailure failure = await RunningServer.FailAsync(_client.ModelInferAsync(InferMessages.Items(isRaw, 1, id, 2)));

        Assert.Equal((StatusCode.InvalidArgument, "INPUTS_UNFIT"), (failure.Code, failure.Reason));
        Assert.StartsWith("The model cannot take these inputs: indices element out of data bounds", failure.Message, StringComparison.Ordinal);
        Assert.Contains($"idx={id}", failure.Message, StringComparison.Ordinal);
        OpenInferenceTests.AssertClose(RunningServer.World.ItemVector(0), (await _client.ModelInferAsync(InferMessages.Items(isRaw, 1))).Elements<float>("item_embedding"));
    }

    private async Task RefusedAsync(bool isRaw, string field, string description, Action<ModelInferRequest> spoil)
    {
        ModelInferRequest request = InferMessages.Users(isRaw, (2, [3, 4]), (1, [5, 6]));
        spoil(request);

        CallFailure failure = await RunningServer.FailAsync(_client.ModelInferAsync(request));

        Assert.Equal((StatusCode.InvalidArgument, "INVALID_REQUEST", "recsys"), (failure.Code, failure.Reason, failure.Domain));
        Assert.Contains((field, description), failure.Violations.Select(violation => (violation.Field, violation.Description)));
        // A wrong name leaves the right one missing; otherwise nothing that is right is called wrong.
        Assert.Equal(field.StartsWith("inputs", StringComparison.Ordinal) && field.EndsWith(".name", StringComparison.Ordinal) ? 2 : 1, failure.Violations.Count);
    }

    private static ModelInferRequest.Types.InferRequestedOutputTensor Output(string parameter) =>
        new() { Name = "user_embedding", Parameters = { [parameter] = new InferParameter { Int64Param = 1 } } };

    private static void Rename(ModelInferRequest request, int input, string name) => request.Inputs[input].Name = name;

    private static void Remove(ModelInferRequest request, int input)
    {
        request.Inputs.RemoveAt(input);
        request.RawInputContents.RemoveAt(input);
    }

    private static void Replace(ModelInferRequest request, int input, long[] shape, byte[] content)
    {
        request.Inputs[input].Shape.Clear();
        request.Inputs[input].Shape.Add(shape);
        request.RawInputContents[input] = ByteString.CopyFrom(content);
    }
}
