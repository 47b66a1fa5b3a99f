using System.Buffers;
using System.IO.Pipelines;
using Inference.Server.Failures;
using Microsoft.Net.Http.Headers;

namespace Inference.Server.Json;

/// <summary>What is taken as a body, and how one message is read from it.</summary>
internal static class RequestBody
{
    /// <summary>What is taken as a stream of messages, beside the types of one message.</summary>
    private static readonly string[] OfLines = ["application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines", "application/json-lines"];

    /// <summary>
    /// Why the body's type is refused; null when it is taken. JSON may also come without a type, and as the form that `curl -d` says it is: pages are refused by another
    /// rule (<see cref="IsOfAPage"/>), so that nothing is lost by it.
    /// </summary>
    public static Failure? CheckType(HttpRequest request, bool isLines)
    {
        if (request.Headers.ContentEncoding is { Count: > 0 } encoding && !encoding.ToString().Equals("identity", StringComparison.OrdinalIgnoreCase))
            return HttpFailures.MediaType($"The content encoding '{Short(encoding.ToString())}' is not taken; send the body as it is.");
        if (string.IsNullOrEmpty(request.ContentType))
            return null;
        string types = isLines ? "application/x-ndjson or application/json" : "application/json";
        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out MediaTypeHeaderValue? type))
            return HttpFailures.MediaType($"The content type '{Short(request.ContentType)}' cannot be read; send {types}.");
        string name = type.MediaType.ToString();
        bool isTaken = name.Equals("application/json", StringComparison.OrdinalIgnoreCase) || name.Equals("text/json", StringComparison.OrdinalIgnoreCase)
            || type.Suffix.Equals("json", StringComparison.OrdinalIgnoreCase) || name.Equals("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase)
            || (isLines && OfLines.Contains(name, StringComparer.OrdinalIgnoreCase));
        if (!isTaken)
            return HttpFailures.MediaType($"The content type '{Short(name)}' is not taken; send {types}.");
        return type.Charset.HasValue && !type.Charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase) && !type.Charset.Equals("\"utf-8\"", StringComparison.OrdinalIgnoreCase)
            && !type.Charset.Equals("us-ascii", StringComparison.OrdinalIgnoreCase)
            ? HttpFailures.MediaType($"The charset '{Short(type.Charset.ToString())}' is not taken; JSON is UTF-8.")
            : null;
    }

    /// <summary>
    /// Whether a web page sent the request: a browser may send simple requests to this machine's own ports for any page that it shows, and says so by these headers, which a page cannot leave
    /// out. Also one of its own origin is refused: no page is served here, so a name that was made to point here is behind it.
    /// </summary>
    public static bool IsOfAPage(HttpRequest request) =>
        request.Headers.Origin.Count > 0 || (request.Headers.TryGetValue("Sec-Fetch-Site", out Microsoft.Extensions.Primitives.StringValues site) && site.ToString() != "none");

    /// <summary>Reads the whole body; the caller advances the reader when it is done with it.</summary>
    /// <returns>The body, or null where it has more bytes than the limit.</returns>
    public static async ValueTask<ReadOnlySequence<byte>?> ReadAsync(HttpRequest request, int most, CancellationToken cancellationToken)
    {
        if (request.ContentLength > most)
            return null;
        PipeReader reader = request.BodyReader;
        while (true)
        {
            ReadResult read = await ReadPieceAsync(reader, cancellationToken);
            if (read.Buffer.Length > most)
            {
                reader.AdvanceTo(read.Buffer.End);
                return null;
            }

            if (read.IsCompleted)
                return read.Buffer;
            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    /// <summary>Reads a piece of a body. What goes wrong with that is the caller's doing, and may be known here before the request counts as aborted.</summary>
    public static async ValueTask<ReadResult> ReadPieceAsync(PipeReader reader, CancellationToken cancellationToken)
    {
        try
        {
            return await reader.ReadAsync(cancellationToken);
        }
        catch (BadHttpRequestException)
        {
            throw HttpFailures.BodyIncomplete.ToException();
        }
        catch (Exception e) when (e is IOException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw HttpFailures.CallerGone.ToException();
        }
    }

    private static string Short(string text) => text.Length <= 64 ? text : string.Concat(text.AsSpan(0, 64), "…");
}
