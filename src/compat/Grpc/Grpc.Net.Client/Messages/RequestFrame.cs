using System.Runtime.ExceptionServices;
using Grpc.Core;
using Grpc.Core.Wire;
using Grpc.Net.Compression;

namespace Grpc.Net.Client.Messages;

/// <summary>
/// Requests as framed messages. Each frame is made whole before any of it is sent: one write is cheaper than two, and a failing serializer breaks nothing.
/// </summary>
internal static class RequestFrame
{
    /// <summary>Serializes and, where there is a compression, compresses a message. The caller disposes of the frame.</summary>
    /// <exception cref="RpcException">RESOURCE_EXHAUSTED: the message is larger than the limit.</exception>
    public static PooledBuffer Make<T>(T message, Action<T, SerializationContext> serializer, int? limit, ICompressionProvider? compression)
    {
        var frame = new PooledBuffer();
        try
        {
            MessageWriter.Write(frame, message, serializer, limit ?? int.MaxValue, compression, level: null);
            return frame;
        }
        catch (Exception e)
        {
            frame.Dispose();
            if (e is BrokenFrameException { InnerException: { } cause })
            {
                ExceptionDispatchInfo.Throw(cause); // broken it is, but nobody has seen it
            }

            throw;
        }
    }
}
