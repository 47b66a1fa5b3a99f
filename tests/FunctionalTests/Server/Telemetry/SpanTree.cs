using System.Globalization;
using System.Text;
using Google.Protobuf;
using Otlp;

namespace FunctionalTests.Server.Telemetry;

/// <summary>Spans of one trace as text: a line each, indented below its parent, in the order in which they began.</summary>
internal static class SpanTree
{
    /// <param name="spans">Of any traces.</param>
    /// <param name="traceId">Hexadecimal.</param>
    public static string Of(IEnumerable<Span> spans, string traceId)
    {
        Span[] own = [.. spans.Where(span => Hex(span.TraceId) == traceId).OrderBy(span => span.StartTimeUnixNano)];
        var ids = own.Select(span => span.SpanId).ToHashSet();
        var text = new StringBuilder();
        foreach (Span root in own.Where(span => !ids.Contains(span.ParentSpanId)))
            Write(root, 0);
        return text.ToString().TrimEnd();

        void Write(Span span, int depth)
        {
            text.Append(' ', 2 * depth).AppendLine(span.Name);
            foreach (Span child in own.Where(child => child.ParentSpanId == span.SpanId))
                Write(child, depth + 1);
        }
    }

    public static string Hex(ByteString id) => Convert.ToHexStringLower(id.Span);

    /// <summary>Attributes by name, values as text.</summary>
    public static Dictionary<string, string> ToTexts(this IEnumerable<KeyValue> attributes) => attributes.ToDictionary(attribute => attribute.Key, attribute => attribute.Value.ToText());

    public static string ToText(this AnyValue value) => value.ValueCase switch
    {
        AnyValue.ValueOneofCase.StringValue => value.StringValue,
        AnyValue.ValueOneofCase.IntValue => value.IntValue.ToString(CultureInfo.InvariantCulture),
        AnyValue.ValueOneofCase.DoubleValue => value.DoubleValue.ToString(CultureInfo.InvariantCulture),
        AnyValue.ValueOneofCase.BoolValue => value.BoolValue ? "true" : "false",
        _ => "",
    };
}
