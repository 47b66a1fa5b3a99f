namespace Inference.Server.Prometheus;

/// <summary>One measurement of a sample, and the trace in which it was made.</summary>
/// <param name="TraceId">32 hexadecimal digits.</param>
/// <param name="SpanId">16 hexadecimal digits.</param>
/// <param name="Value">What was measured.</param>
/// <param name="Time">When.</param>
internal readonly record struct PrometheusExemplar(string TraceId, string SpanId, double Value, DateTimeOffset Time);
