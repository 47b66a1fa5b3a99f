using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Inference.Server.Failures;

namespace Inference.Server.Json;

/// <summary>A failure as a problem document. Source: RFC 9457.</summary>
internal static class Problem
{
    /// <summary>The media type of a problem.</summary>
    public const string ContentType = "application/problem+json";

    private static readonly JsonWriterOptions Plain = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Answers a request of which nothing was answered yet.</summary>
    /// <param name="context">The request.</param>
    /// <param name="failure">Why there is no other answer.</param>
    /// <param name="requestId">Its id.</param>
    public static async Task AnswerAsync(HttpContext context, Failure failure, string requestId)
    {
        HttpResponse response = context.Response;
        if (response.HasStarted || context.RequestAborted.IsCancellationRequested)
            return;
        response.StatusCode = HttpFailures.StatusOf(failure);
        response.ContentType = ContentType;
        if (response.StatusCode == StatusCodes.Status401Unauthorized)
            response.Headers.WWWAuthenticate = Security.SecurityFailures.Challenge;
        if (failure.RetryDelay is { } delay)
            response.Headers.RetryAfter = ((long)Math.Ceiling(delay.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        Write(response.BodyWriter, failure, requestId);
        await response.BodyWriter.FlushAsync(context.RequestAborted);
    }

    /// <summary>Writes the document.</summary>
    public static void Write(IBufferWriter<byte> into, Failure failure, string requestId)
    {
        using var json = new Utf8JsonWriter(into, Plain);
        Write(json, failure, requestId);
    }

    /// <summary>Writes the document as a value.</summary>
    public static void Write(Utf8JsonWriter json, Failure failure, string requestId)
    {
        json.WriteStartObject();
        json.WriteString("type", TypeOf(failure.Reason));
        json.WriteString("title", TitleOf(failure.Reason));
        json.WriteNumber("status", HttpFailures.StatusOf(failure));
        json.WriteString("detail", failure.Message);
        json.WriteString("instance", Uri.EscapeDataString(requestId));
        json.WriteString("code", StatusNames.Of(failure.Code));
        json.WriteString("reason", failure.Reason);
        json.WriteStartArray("violations");
        foreach (Google.Rpc.BadRequest.Types.FieldViolation violation in failure.Violations)
        {
            json.WriteStartObject();
            json.WriteString("field", violation.Field);
            json.WriteString("description", violation.Description);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        if (failure.RetryDelay is { } delay)
            json.WriteNumber("retry_after_ms", (long)delay.TotalMilliseconds);
        json.WriteEndObject();
    }

    /// <summary>"/problems/invalid-request": the same for all failures of one reason.</summary>
    private static string TypeOf(string reason) => $"/problems/{reason.ToLowerInvariant().Replace('_', '-')}";

    /// <summary>"Invalid request": the reason as words.</summary>
    private static string TitleOf(string reason) =>
        string.Concat(reason.AsSpan(0, 1), reason[1..].ToLowerInvariant().Replace('_', ' ')).Replace(" json", " JSON", StringComparison.Ordinal);
}
