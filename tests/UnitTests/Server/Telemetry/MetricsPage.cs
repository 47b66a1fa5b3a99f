using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace UnitTests.Server.Telemetry;

/// <summary>Makes docs/metrics.md: what is listed comes from the instruments and the catalogues beside this file, and only what explains them is written here.</summary>
internal static class MetricsPage
{
    private const string Head = """
        # Metrics, traces and logs
        This page is made from the instruments: `./dev golden` rewrites it, and tests compare it with what a running server says.

        | where | what | how |
        | --- | --- | --- |
        | `GET /metrics` on the HTTP port | metrics | Prometheus text 0.0.4; OpenMetrics 1.0.0 with exemplars for who accepts `application/openmetrics-text`. Off with `Inference:Telemetry:Prometheus=false` |
        | OTLP over gRPC or HTTP, with `Inference:Telemetry:OtlpEndpoint` | metrics, traces, logs | each can be switched off: `OtlpMetrics`, `OtlpTraces`, `OtlpLogs` |
        | the error stream | logs | always |

        Durations are seconds and sizes bytes. No attribute is the id of a user, an item or a request, and each has a small closed set of values, which is listed [below](#attributes). Histograms have explicit buckets, which
        are the same in every replica and version, so they add up; calls are counted from 100 µs on, their parts from 1 µs. Temporality is cumulative.

        ## Metrics of this server

        """;

    private const string Foot = """

        - `rpc.system.name` is `http_json` for calls of the HTTP address; paths that are not served there are not counted. `error.type` of calls is set where the server is to blame.
        - `error.type` of Redis commands, and `recsys.store.failure`: `unavailable` is not connected, or left alone after failures.
        - `recsys.outcome` of the user tower and the ranker: `late` was declined, for it could not have answered in time; `refused`, because too many waited; `timeout` did not answer in time.
        - `recsys.outcome` of recall checks: `queue_full` and `over_budget` were dropped; `given_up`, because the version was taken out or all that was found has changed. `recsys.filter` is the share of the catalogue that a search could
          return: `all` is every search, `none` one without a filter.
        - `tower` is `index` for searches on a device. `priority` is `bulk` for streams, item embedding and shadow requests. `at`: `arrival` was never queued, `batch` had waited in vain.
          `recsys.tower.padding` by `recsys.tower.cells` is the share of the work that was padding.
        - `recsys.outcome` of shadow requests: `dropped`, because too many waited; `failed` was not loaded, threw, or had a tower that failed or was late.
        - `hw.*` is there where NVIDIA's management library is (`Inference:Telemetry:NvmlLibrary`).

        """;

    private const string Tracing = """
        ## Traces
        With an OTLP endpoint a sampled call is a trace. A caller's `traceparent` is followed, its decision to sample too; of other calls a share is sampled (`Inference:Telemetry:TraceSampling`). The decision is made before anything is
        made for the call, so all others cost nothing (ADR 34). gRPC and JSON calls are traced alike. Below, a span is indented under the one that it belongs to; it is there where its part took part.

        | span | project | kind | attributes | what it spans |
        | --- | --- | --- | --- | --- |

        """;

    private const string End = """

        Redis commands have a span only inside a call: what the server does of its own accord has none. Commands that read for several callers at once are spans of the first of them that is traced, below `joined_read`, which links to the others.
        A part that failed or was late has the status Error and `error.type`, the exception's type or the outcome. Messages and keys are in no span.

        **Exemplars.** Measurements inside a sampled call leave its trace and span ids beside the bucket or counter that they went into, by OTLP and in OpenMetrics text (`Inference:Telemetry:Exemplars`). Prometheus keeps them with
        `--enable-feature=exemplar-storage`.

        ## Logs
        What goes to the error stream goes by OTLP too, at the same levels (`Logging:LogLevel`): the message, the values of its template, the exception, and the ids of the trace in which it was logged. Secrets are in no message: tests look for them.
        All signals of a process have one `service.name`, `service.version` and `service.instance.id`; `OTEL_RESOURCE_ATTRIBUTES` adds to them.

        """;

    public static string Make()
    {
        var page = new StringBuilder(Head);
        Tables(page, InstrumentList.All.Where(InstrumentList.IsOwn));
        page.AppendLine().AppendLine("## Metrics of .NET and Kestrel").AppendLine("They come along whole, with the names and units of the platform.");
        Tables(page, InstrumentList.All.Where(instrument => !InstrumentList.IsOwn(instrument)));
        page.AppendLine().AppendLine("## Attributes").AppendLine().AppendLine("| attribute | of | values |").AppendLine("| --- | --- | --- |");
        foreach ((MeasuredAttribute attribute, string instruments) in Attributes())
            page.AppendLine(CultureInfo.InvariantCulture, $"| `{attribute.Name}` | {instruments} | {ValuesOf(attribute)} |");
        page.Append(Foot).AppendLine().Append(Tracing);
        foreach (SpanRow span in SpanList.All)
        {
            string indent = string.Concat(Enumerable.Repeat("&nbsp;&nbsp;", span.Depth));
            page.AppendLine(CultureInfo.InvariantCulture, $"| {indent}`{span.Name}` | {span.Project} | {span.Kind} | {string.Join(", ", span.Attributes.Select(name => $"`{name}`"))} | {span.Description} |");
        }

        return page.Append(End).ToString().ReplaceLineEndings("\n");
    }

    private static void Tables(StringBuilder page, IEnumerable<Instrument> instruments)
    {
        foreach (IGrouping<string, Instrument> meter in instruments.GroupBy(instrument => instrument.Meter.Name).OrderBy(group => group.Key, StringComparer.Ordinal))
        {
            page.AppendLine().AppendLine(CultureInfo.InvariantCulture, $"### Meter `{meter.Key}`").AppendLine();
            page.AppendLine("| instrument | in `/metrics` | kind | unit | attributes | what it tells |").AppendLine("| --- | --- | --- | --- | --- | --- |");
            foreach (Instrument instrument in meter.OrderBy(instrument => instrument.Name, StringComparer.Ordinal))
            {
                string attributes = string.Join(", ", MeasuredAttributes.ByInstrument.GetValueOrDefault(instrument.Name, []).Select(attribute => $"`{attribute.Name}`"));
                string unit = string.IsNullOrEmpty(instrument.Unit) ? "" : $"`{instrument.Unit}`";
                page.AppendLine(CultureInfo.InvariantCulture, $"| `{instrument.Name}` | `{InstrumentList.PrometheusNameOf(instrument)}` | {InstrumentList.KindOf(instrument)} | {unit} | {attributes} | {instrument.Description} |");
            }
        }
    }

    /// <summary>Each attribute once for each set of values, with the instruments that have it.</summary>
    private static IEnumerable<(MeasuredAttribute Attribute, string Instruments)> Attributes() =>
        from pair in MeasuredAttributes.ByInstrument
        from attribute in pair.Value
        group pair.Key by (attribute.Name, Values: ValuesOf(attribute)) into same
        orderby same.Key.Name, same.Key.Values
        select (MeasuredAttributes.ByInstrument.Values.SelectMany(attributes => attributes).First(attribute => (attribute.Name, ValuesOf(attribute)) == same.Key),
            string.Join(", ", same.Order(StringComparer.Ordinal).Select(name => $"`{name}`")));

    private static string ValuesOf(MeasuredAttribute attribute) => attribute.Values.Length == 0 ? attribute.Meaning : string.Join(", ", attribute.Values.Select(value => $"`{value}`"));
}
