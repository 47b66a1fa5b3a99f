using System.Globalization;
using Grpc.Core;

namespace Inference.Cli.Load;

/// <summary>
/// Tells the server a deadline (grpc-timeout) that the generator itself does not act on: an answer that is late is counted when it comes. To give up a call takes a client more than twice as long as to get its answer, so under an overload a
/// generator that did so would soon be late with all that it sends.
/// </summary>
/// <param name="inner">What sends.</param>
internal sealed class ToldDeadline(HttpMessageHandler inner) : DelegatingHandler(inner)
{
    // The client leaves out a grpc-timeout of the caller's, and writes that of its own patience.
    private const string Told = "load-timeout", Timeout = "grpc-timeout";

    /// <summary>How long the generator waits beyond it, for answers of a server that does not keep to it.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <summary>Adds a deadline to what goes with every call.</summary>
    /// <param name="headers">What goes with them else; null for nothing.</param>
    /// <param name="deadline">Time from sending, 1 ms to 60 s.</param>
    public static Metadata AddTo(Metadata? headers, TimeSpan deadline)
    {
        Metadata all = [.. headers ?? []];
        all.Add(Told, string.Create(CultureInfo.InvariantCulture, $"{(long)deadline.TotalMicroseconds}u"));
        return all;
    }

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request.Headers.NonValidated.TryGetValues(Told, out var told))
        {
            request.Headers.Remove(Told);
            request.Headers.Remove(Timeout);
            request.Headers.TryAddWithoutValidation(Timeout, told.ToString());
        }

        return base.SendAsync(request, cancellationToken);
    }
}
