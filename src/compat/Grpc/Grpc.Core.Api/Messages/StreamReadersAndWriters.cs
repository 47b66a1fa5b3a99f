namespace Grpc.Core;

/// <summary>A stream of messages that is read one at a time.</summary>
/// <typeparam name="T">The message.</typeparam>
public interface IAsyncStreamReader<out T>
{
    /// <summary>The message that the last successful <see cref="MoveNext"/> read.</summary>
    T Current { get; }

    /// <summary>Reads the next message. Only one call may be under way.</summary>
    /// <returns>False at the end of the stream.</returns>
    Task<bool> MoveNext(CancellationToken cancellationToken);
}

/// <summary>A stream of messages that is written one at a time.</summary>
/// <typeparam name="T">The message.</typeparam>
public interface IAsyncStreamWriter<in T>
{
    /// <summary>Options for the writes that follow; null is <see cref="Core.WriteOptions.Default"/>.</summary>
    WriteOptions? WriteOptions { get; set; }

    /// <summary>Writes a message. Only one write may be under way.</summary>
    Task WriteAsync(T message);

    /// <summary>Writes a message unless cancelled. An implementation that cannot cancel a write throws <see cref="NotSupportedException"/>.</summary>
    Task WriteAsync(T message, CancellationToken cancellationToken)
        => cancellationToken.CanBeCanceled
            ? throw new NotSupportedException("Cancellation of stream writes is not supported by this gRPC implementation.")
            : WriteAsync(message);
}

/// <summary>The stream of replies, on the server.</summary>
/// <typeparam name="T">The message.</typeparam>
public interface IServerStreamWriter<in T> : IAsyncStreamWriter<T>;

/// <summary>The stream of requests, on the client.</summary>
/// <typeparam name="T">The message.</typeparam>
public interface IClientStreamWriter<in T> : IAsyncStreamWriter<T>
{
    /// <summary>Says that no further request follows. Call it once, after the last write.</summary>
    Task CompleteAsync();
}
