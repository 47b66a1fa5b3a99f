using System.Diagnostics.CodeAnalysis;

namespace Grpc.Core;

/// <summary>How a client makes one call. Immutable; the <c>With…</c> methods copy.</summary>
public struct CallOptions
{
    /// <summary>Makes options; whatever is left out is absent.</summary>
    /// <param name="headers">Metadata to send.</param>
    /// <param name="deadline">When to give up, in UTC.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <param name="writeOptions">For the requests.</param>
    /// <param name="propagationToken">Of the call on whose behalf this one is made.</param>
    /// <param name="credentials">For this call.</param>
    [SuppressMessage("Design", "CA1068", Justification = "The order of the official API")]
    public CallOptions(
        Metadata? headers = null,
        DateTime? deadline = null,
        CancellationToken cancellationToken = default,
        WriteOptions? writeOptions = null,
        ContextPropagationToken? propagationToken = null,
        CallCredentials? credentials = null)
    {
        Headers = headers;
        Deadline = deadline;
        CancellationToken = cancellationToken;
        WriteOptions = writeOptions;
        PropagationToken = propagationToken;
        Credentials = credentials;
    }

    /// <summary>Metadata to send.</summary>
    public Metadata? Headers { get; private set; }

    /// <summary>When to give up, in UTC.</summary>
    public DateTime? Deadline { get; private set; }

    /// <summary>Cancels the call.</summary>
    public CancellationToken CancellationToken { get; private set; }

    /// <summary>For the requests.</summary>
    public WriteOptions? WriteOptions { get; private set; }

    /// <summary>Of the call on whose behalf this one is made.</summary>
    public ContextPropagationToken? PropagationToken { get; private set; }

    /// <summary>For this call.</summary>
    public CallCredentials? Credentials { get; private set; }

    /// <summary>Whether the call waits for a connection instead of failing at once.</summary>
    public bool IsWaitForReady { get; private set; }

    /// <summary>A copy with these headers.</summary>
    public CallOptions WithHeaders(Metadata headers) => this with { Headers = headers };

    /// <summary>A copy with this deadline, in UTC.</summary>
    public CallOptions WithDeadline(DateTime deadline) => this with { Deadline = deadline };

    /// <summary>A copy with this token.</summary>
    public CallOptions WithCancellationToken(CancellationToken cancellationToken) => this with { CancellationToken = cancellationToken };

    /// <summary>A copy with these write options.</summary>
    public CallOptions WithWriteOptions(WriteOptions writeOptions) => this with { WriteOptions = writeOptions };

    /// <summary>A copy with this propagation token.</summary>
    public CallOptions WithPropagationToken(ContextPropagationToken propagationToken) => this with { PropagationToken = propagationToken };

    /// <summary>A copy with these credentials.</summary>
    public CallOptions WithCredentials(CallCredentials credentials) => this with { Credentials = credentials };

    /// <summary>A copy that waits for a connection, or does not.</summary>
    public CallOptions WithWaitForReady(bool waitForReady = true) => this with { IsWaitForReady = waitForReady };
}
