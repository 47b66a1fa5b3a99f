using Google.Protobuf;
using Grpc.Core;
using Grpc.Reflection.V1Alpha;

namespace Inference.Server.Services;

/// <summary>gRPC server reflection, v1alpha, which many tools still speak. Its messages are those of v1 on the wire, byte for byte, so v1 answers.</summary>
internal sealed class ReflectionV1AlphaService(ReflectionService v1) : ServerReflection.ServerReflectionBase
{
    public override async Task ServerReflectionInfo(
        IAsyncStreamReader<ServerReflectionRequest> requestStream, IServerStreamWriter<ServerReflectionResponse> responseStream, ServerCallContext context)
    {
        while (await requestStream.MoveNext(context.CancellationToken))
        {
            var request = Grpc.Reflection.V1.ServerReflectionRequest.Parser.ParseFrom(requestStream.Current.ToByteString());
            await responseStream.WriteAsync(ServerReflectionResponse.Parser.ParseFrom(v1.Answer(request).ToByteString()));
        }
    }
}
