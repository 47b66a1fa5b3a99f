using Grpc.Core;
using Grpc.Net.Client.Http;

namespace Grpc.Net.Client.Calls;

/// <summary>The responses of a call as its caller reads them: one at a time, until the trailers end the call.</summary>
/// <param name="lifetime">The call.</param>
/// <param name="opened">The response's body once its headers are there; null where there is none.</param>
internal sealed class ResponseStream<TResponse>(CallLifetime lifetime, Task<ResponseBody<TResponse>?> opened) : IAsyncStreamReader<TResponse>
    where TResponse : class
{
    private int _reading;

    /// <inheritdoc/>
    public TResponse Current { get; private set; } = null!;

    /// <inheritdoc/>
    public async Task<bool> MoveNext(CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _reading, 1) != 0)
        {
            throw new InvalidOperationException("Can't read the next message because the previous read is still in progress.");
        }

        CancellationTokenRegistration registration = default;
        try
        {
            if (lifetime.Outcome is { } ended)
            {
                return ended.IsOk ? false : throw lifetime.ToException();
            }

            registration = lifetime.AbortOn(cancellationToken);
            Current = null!; // a long wait for the next message must not keep the last one alive
            return await opened.ConfigureAwait(false) is { } body && await ReadAsync(body).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            throw lifetime.Fail(e);
        }
        finally
        {
            registration.Unregister();
            Volatile.Write(ref _reading, 0);
        }
    }

    private async ValueTask<bool> ReadAsync(ResponseBody<TResponse> body)
    {
        var kept = false;
        try
        {
            if (await body.Reader.ReadAsync(lifetime.Aborted).ConfigureAwait(false) is { } message)
            {
                Current = message;
                return kept = true;
            }

            return lifetime.End(ResponseStatus.OfTrailers(body.Response)).IsOk ? false : throw lifetime.ToException();
        }
        finally
        {
            if (!kept)
            {
                body.Reader.Release();
            }
        }
    }
}
