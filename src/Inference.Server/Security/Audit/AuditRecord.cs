using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Inference.Server.Entry;

namespace Inference.Server.Security.Audit;

/// <summary>One call that was recorded. It holds no secret, and no user but by key.</summary>
/// <param name="Time">When it ended.</param>
/// <param name="Id">Id of the record; ForgetUser's is its receipt.</param>
/// <param name="Method">"package.Service/Method".</param>
/// <param name="Caller">Who called; null where that is not known.</param>
/// <param name="Peer">From where.</param>
/// <param name="Outcome">Name of the gRPC status, as "OK".</param>
/// <param name="Reason">Why not OK; "" where it is.</param>
/// <param name="Targets">What it was about, by name.</param>
/// <param name="Took">How long it took.</param>
internal sealed record AuditRecord(
    DateTimeOffset Time, string Id, string Method, Caller? Caller, string Peer, string Outcome, string Reason, IReadOnlyList<(string Name, string Value)> Targets, TimeSpan Took)
{
    // Only in a file and a log, never in a page.
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Whether it must be on the disk before the caller has an answer.</summary>
    public bool IsDurable { get; init; }

    /// <summary>Refused calls before this one that were not recorded, for there were too many.</summary>
    public int Suppressed { get; init; }

    /// <summary>The record as one line of JSON, without its end.</summary>
    public string ToLine()
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer, Plain))
        {
            json.WriteStartObject();
            json.WriteString("time", Time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture));
            json.WriteString("id", Id);
            json.WriteString("method", Method);
            json.WriteString("caller", Caller?.Name ?? "");
            json.WriteString("credential", Caller?.Credential ?? "");
            json.WriteString("peer", Peer);
            json.WriteString("outcome", Outcome);
            if (Reason.Length > 0)
                json.WriteString("reason", Reason);
            if (Targets.Count > 0)
            {
                json.WriteStartObject("target");
                foreach ((string name, string value) in Targets)
                    json.WriteString(name, value);
                json.WriteEndObject();
            }

            json.WriteNumber("ms", Math.Round(Took.TotalMilliseconds, 3));
            if (Suppressed > 0)
                json.WriteNumber("suppressed", Suppressed);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
