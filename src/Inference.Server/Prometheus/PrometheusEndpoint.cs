namespace Inference.Server.Prometheus;

/// <summary>Answers GET /metrics: one collection at a time.</summary>
internal sealed class PrometheusEndpoint(PrometheusExporter exporter) : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1);

    public async Task ServeAsync(HttpContext context)
    {
        PrometheusFormat format = PrometheusFormats.Choose(context.Request);
        byte[]? text = await CollectAsync(format, context.RequestAborted);
        if (text is null)
        {
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return;
        }

        context.Response.ContentType = PrometheusFormats.ContentTypeOf(format);
        context.Response.Headers.Vary = "Accept";
        context.Response.ContentLength = text.Length;
        await context.Response.BodyWriter.WriteAsync(text, context.RequestAborted);
    }

    /// <summary>Makes the text of each format once, for nobody, so that its code is compiled.</summary>
    public async Task RehearseAsync(CancellationToken cancellationToken)
    {
        foreach (PrometheusFormat format in Enum.GetValues<PrometheusFormat>())
            await CollectAsync(format, cancellationToken);
    }

    public void Dispose() => _turn.Dispose();

    /// <summary>The text as a copy, so that a slow reader does not keep the turn.</summary>
    private async Task<byte[]?> CollectAsync(PrometheusFormat format, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            exporter.Format = format;
            return exporter.Collect?.Invoke(Timeout.Infinite) == true ? exporter.Written.ToArray() : null;
        }
        finally
        {
            _turn.Release();
        }
    }
}
