using System.IO.Compression;
using System.IO.Pipelines;
using Fuzz.Engine;
using Google.Protobuf;
using Grpc.AspNetCore.Server;
using Grpc.AspNetCore.Server.Calls;
using Grpc.Core;
using Grpc.Core.Wire;
using Grpc.Net.Compression;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Recsys.V1;

namespace Fuzz.Targets.Grpc;

/// <summary>Bodies of calls, with one message and with many, packed and plain. The first byte says which and how.</summary>
internal sealed class RequestTarget : FuzzTarget
{
    private const int MostMessageBytes = 16 << 10;

    private static readonly string[] Encodings = ["", "gzip", "identity", "br"];

    private readonly MethodSettings _settings = new(new GrpcServiceOptions { MaxReceiveMessageSize = MostMessageBytes }, NullLogger.Instance, TimeProvider.System);

    public override string Name => "grpc-requests";

    /// <summary>Inflating takes a buffer of its own, and the HTTP request is made for each case.</summary>
    public override (long PerByte, long Free) MostAllocated => (512, 4 << 20);

    public override IEnumerable<byte[]> Seeds()
    {
        var request = new RecommendRequest
        {
            UserId = "u1", Limit = 7, RecentItemIds = { "a", "b" }, Filter = "price < 3", Options = new RecommendOptions { Explain = true },
            Context = { ["country"] = new FeatureValue { StringValue = "France" }, ["age"] = new FeatureValue { IntValue = 40 } },
        };
        yield return [0, .. Frame(request.ToByteArray())];
        yield return [1, .. Frame(request.ToByteArray()), .. Frame([])];
        yield return [0b010, .. Packed(request.ToByteArray())];
        yield return [0b011, .. Packed(request.ToByteArray()), .. Frame(request.ToByteArray())];
    }

    public override bool Read(byte[] input)
    {
        if (input.Length == 0)
            return false;
        var http = new DefaultHttpContext();
        if (Encodings[(input[0] >> 1) & 3] is { Length: > 0 } encoding)
            http.Request.Headers["grpc-encoding"] = encoding;
        var call = new ServerCall(http, _settings);
        PipeReader body = PipeReader.Create(Split.Of(input[1..]));
        try
        {
            bool isWhole = (input[0] & 1) == 0 ? TakeOnly(call, body) : TakeAll(call, body);
            FuzzException.Unless(isWhole, "a body that is all there is waited for");
            return true;
        }
        catch (RpcException e)
        {
            FuzzException.Unless(e.StatusCode is StatusCode.Internal or StatusCode.ResourceExhausted or StatusCode.Unimplemented, "a body is refused with another status");
            FuzzException.Unless(e.Status.DebugException is null or InvalidProtocolBufferException or InvalidDataException or IOException, "a body is refused for a failure of another kind");
            return false;
        }
    }

    private static bool TakeOnly(ServerCall call, PipeReader body)
    {
        RecommendRequest? request = null;
        bool isEnd = RequestReader.TakeOnly(call, body, ReadFrom(body), Parse, ref request);
        FuzzException.Unless(request is not null, "there is an end and no request");
        return isEnd && RecommendRequest.Parser.ParseFrom(request.ToByteArray()).Equals(request);
    }

    private static bool TakeAll(ServerCall call, PipeReader body)
    {
        // A body of n bytes holds at most n / 5 messages.
        for (int messages = 0; messages < MostMessageBytes; messages++)
        {
            if (!RequestReader.TakeNext(call, body, ReadFrom(body), Parse, out RecommendRequest? request))
                return false;
            if (request is null)
                return true;
        }

        return false;
    }

    /// <summary>All is there, so nobody waits.</summary>
    private static ReadResult ReadFrom(PipeReader body) => body.ReadAsync().AsTask().GetAwaiter().GetResult();

    private static RecommendRequest Parse(DeserializationContext context) => RecommendRequest.Parser.ParseFrom(context.PayloadAsReadOnlySequence());

    private static byte[] Frame(byte[] message, bool isCompressed = false)
    {
        var frame = new byte[MessageFrame.HeaderSize + message.Length];
        MessageFrame.WriteHeader(frame, isCompressed, message.Length);
        message.CopyTo(frame, MessageFrame.HeaderSize);
        return frame;
    }

    private static byte[] Packed(byte[] message)
    {
        using PooledBuffer packed = MessageCompression.Compress(new GzipCompressionProvider(CompressionLevel.Fastest), new System.Buffers.ReadOnlySequence<byte>(message), null);
        return Frame(System.Buffers.BuffersExtensions.ToArray(packed.WrittenSequence), isCompressed: true);
    }
}
