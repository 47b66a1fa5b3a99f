namespace Inference.Server.Prometheus;

/// <summary>Answers GET /metrics: one collection at a time.</summary>
internal sealed class PrometheusEndpoint(PrometheusExporter exporter) : IDisposable
{
    private const string ContentType = "text/plain; version=0.0.4; charset=utf-8";
    private readonly SemaphoreSlim _turn = new(1);

    public async Task ServeAsync(HttpContext context)
    {
        byte[]? text = await CollectAsync(context.RequestAborted);
        if (text is null)
        {
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            return;
        }

        context.Response.ContentType = ContentType;
        context.Response.ContentLength = text.Length;
        await context.Response.BodyWriter.WriteAsync(text, context.RequestAborted);
    }

    public void Dispose() => _turn.Dispose();

    /// <summary>The text as a copy, so that a slow reader does not keep the turn.</summary>
    private async Task<byte[]?> CollectAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            return exporter.Collect?.Invoke(Timeout.Infinite) == true ? exporter.Written.ToArray() : null;
        }
        finally
        {
            _turn.Release();
        }
    }
}
