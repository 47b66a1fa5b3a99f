using Microsoft.Net.Http.Headers;

namespace Inference.Server.Prometheus;

/// <summary>The text formats of `/metrics`.</summary>
internal enum PrometheusFormat
{
    /// <summary>The Prometheus text format 0.0.4.</summary>
    Text,

    /// <summary>OpenMetrics 1.0.0, which can hold exemplars.</summary>
    OpenMetrics,
}

/// <summary>Chooses between them.</summary>
internal static class PrometheusFormats
{
    private const string OpenMetricsType = "application/openmetrics-text";

    /// <summary>The Content-Type of a format.</summary>
    public static string ContentTypeOf(PrometheusFormat format) =>
        format == PrometheusFormat.OpenMetrics ? OpenMetricsType + "; version=1.0.0; charset=utf-8" : "text/plain; version=0.0.4; charset=utf-8";

    /// <summary>OpenMetrics for who accepts its version 1.0.0, or any, at least as gladly as plain text; text for all others.</summary>
    public static PrometheusFormat Choose(HttpRequest request)
    {
        double open = 0, text = 0;
        if (!MediaTypeHeaderValue.TryParseList(request.Headers.Accept, out IList<MediaTypeHeaderValue>? accepted))
            return PrometheusFormat.Text;
        foreach (MediaTypeHeaderValue type in accepted)
        {
            double quality = type.Quality ?? 1;
            if (type.MediaType.Equals(OpenMetricsType, StringComparison.OrdinalIgnoreCase) && VersionOf(type) is "" or "1.0.0")
                open = Math.Max(open, quality);
            else if (type.MediaType.Equals("text/plain", StringComparison.OrdinalIgnoreCase))
                text = Math.Max(text, quality);
        }

        return open > 0 && open >= text ? PrometheusFormat.OpenMetrics : PrometheusFormat.Text;
    }

    private static string VersionOf(MediaTypeHeaderValue type)
    {
        foreach (NameValueHeaderValue parameter in type.Parameters)
        {
            if (parameter.Name.Equals("version", StringComparison.OrdinalIgnoreCase))
                return HeaderUtilities.RemoveQuotes(parameter.Value).ToString();
        }

        return "";
    }
}
