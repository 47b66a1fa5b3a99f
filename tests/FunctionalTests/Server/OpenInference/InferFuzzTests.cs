using Google.Protobuf;
using Grpc.Core;
using OpenInferenceProtocol.V2;
using Xunit;
using Xunit.Abstractions;
using InputTensor = OpenInferenceProtocol.V2.ModelInferRequest.Types.InferInputTensor;

namespace FunctionalTests.Server.OpenInference;

/// <summary>Thousands of requests that are nearly right: whatever they are, they are answered or refused by the rules, and the towers go on.</summary>
[Collection(nameof(SharedServer))]
public class InferFuzzTests(SharedServer shared, ITestOutputHelper output)
{
    private const int Seed = 20_261_128;
    private const int Requests = 4_000;

    private static readonly long[] OddSizes = [0, -1, 1, 2, 3, 10, 11, 128, 129, int.MaxValue, long.MaxValue, long.MinValue, 1L << 32];
    private static readonly string[] OddNames = ["", "history_ids", "history_mask", "country", "item_id", "user_embedding", "\0", "ü", new('n', 5_000)];
    private static readonly string[] OddTypes = ["", "INT64", "FP32", "FP16", "BOOL", "BYTES", "int64", "FP64", "INT32"];

    [Fact]
    public async Task ModelInfer_WithMutatedRequests_IsAnsweredOrRefusedByTheRules()
    {
        var client = new GRPCInferenceService.GRPCInferenceServiceClient(shared.Server.Channel);
        var seen = new Dictionary<(StatusCode, string), int>();
        for (int i = 0; i < Requests; i++)
        {
            var random = new Random(Seed + i);
            ModelInferRequest request = Mutated(random);
            (StatusCode, string) end;
            try
            {
                ModelInferResponse response = await client.ModelInferAsync(request);
                Assert.Equal(request.ModelName, response.ModelName);
                end = (StatusCode.OK, "");
            }
            catch (RpcException e)
            {
                CallFailure failure = CallFailure.Of(e);
                end = (failure.Code, failure.Reason);
            }

            seen[end] = seen.GetValueOrDefault(end) + 1;
            Assert.True(
                end is (StatusCode.OK, "") or (StatusCode.InvalidArgument, "INVALID_REQUEST" or "INPUTS_UNFIT") or (StatusCode.NotFound, "UNKNOWN_MODEL"),
                $"Seed {Seed} + {i}: {end} for {request}");
        }

        output.WriteLine(string.Join(", ", seen.OrderByDescending(pair => pair.Value)));
        // The mutations reach every end.
        Assert.Equal(4, seen.Count);
        OpenInferenceTests.AssertClose(RunningServer.World.Embed(2, 3, 4), (await client.ModelInferAsync(InferMessages.Users(true, (2, [3, 4])))).Elements<float>("user_embedding"));
    }

    private static ModelInferRequest Mutated(Random random)
    {
        bool isRaw = random.Next(2) == 0;
        ModelInferRequest request = random.Next(3) == 0
            ? InferMessages.Items(isRaw, [.. Enumerable.Range(0, random.Next(1, 5)).Select(_ => random.NextInt64(-45, 45))])
            : InferMessages.Users(isRaw, [.. Enumerable.Repeat(random.Next(1, 4), random.Next(1, 4)).Select(columns => (random.NextInt64(0, 5), Enumerable.Range(0, columns).Select(_ => random.Next(0, 40)).ToArray()))]);
        for (int mutations = random.Next(4); mutations > 0; mutations--)
            Mutate(request, random);
        return request;
    }

    private static void Mutate(ModelInferRequest request, Random random)
    {
        InputTensor? input = request.Inputs.Count == 0 ? null : request.Inputs[random.Next(request.Inputs.Count)];
        switch (random.Next(12))
        {
            case 0 when input is { Shape.Count: > 0 }:
                input.Shape[random.Next(input.Shape.Count)] = OddSizes[random.Next(OddSizes.Length)];
                break;
            case 1 when input is not null:
                input.Shape.Add(OddSizes[random.Next(OddSizes.Length)]);
                break;
            case 2 when input is not null:
                input.Name = OddNames[random.Next(OddNames.Length)];
                break;
            case 3 when input is not null:
                input.Datatype = OddTypes[random.Next(OddTypes.Length)];
                break;
            case 4 when input is not null:
                request.Inputs.Add(input.Clone());
                break;
            case 5 when request.RawInputContents.Count > 0:
                int place = random.Next(request.RawInputContents.Count);
                var bytes = new byte[random.Next(2) == 0 ? request.RawInputContents[place].Length : random.Next(200)];
                random.NextBytes(bytes);
                request.RawInputContents[place] = ByteString.CopyFrom(bytes);
                break;
            case 6 when request.RawInputContents.Count > 0:
                request.RawInputContents.RemoveAt(random.Next(request.RawInputContents.Count));
                break;
            case 7 when input?.Contents is { Int64Contents.Count: > 0 } contents:
                contents.Int64Contents[random.Next(contents.Int64Contents.Count)] = random.NextInt64(long.MinValue, long.MaxValue);
                break;
            case 8 when input is not null:
                (input.Contents ??= new()).Fp32Contents.Add(float.NaN);
                break;
            case 9:
                request.Outputs.Add(new ModelInferRequest.Types.InferRequestedOutputTensor { Name = OddNames[random.Next(OddNames.Length)] });
                break;
            case 10 when random.Next(4) == 0:
                (request.ModelName, request.ModelVersion) = (OddNames[random.Next(OddNames.Length)], random.Next(2) == 0 ? "" : "nine");
                break;
            case 11:
                request.Parameters[random.Next(2) == 0 ? "timeout" : "priority"] = random.Next(3) switch
                {
                    0 => new() { Int64Param = random.NextInt64(-2, 2) * 3_600_000_000_000 },
                    1 => new() { Uint64Param = ulong.MaxValue },
                    _ => new() { StringParam = "x" },
                };
                break;
        }
    }
}
