using Inference.Server.Entry;
using Inference.Server.Failures;
using Inference.Server.Hosting;
using Inference.Server.Options;
using Inference.Server.Requests;
using Inference.Server.Security.Audit;
using Inference.Server.Telemetry;

namespace Inference.Server.Json;

/// <summary>What every endpoint needs beside its method.</summary>
internal sealed record JsonParts(ServerOptions Options, CallEntry Entry, FailureInterceptor Failures, AuditInterceptor Audit, RequestIds RequestIds, ServerMetrics Metrics, CallSpans Spans, Drain Drain, TimeProvider Time);
