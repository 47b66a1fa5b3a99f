namespace Inference.Server.Hosting;

/// <summary>What every answer over HTTP/1.1 says to browsers and caches, should one ever get hold of it: no answer is a page, and none is to be kept. Source: OWASP, "REST Security Cheat Sheet", security headers.</summary>
internal static class ResponseHeaders
{
    private const string Nothing = "default-src 'none'; frame-ancestors 'none'", TwoYears = "max-age=63072000";

    public static Task Add(HttpContext context, RequestDelegate next)
    {
        if (HttpProtocol.IsHttp2(context.Request.Protocol))
            return next(context);
        IHeaderDictionary headers = context.Response.Headers;
        headers.XContentTypeOptions = "nosniff";
        headers.CacheControl = "no-store";
        headers.ContentSecurityPolicy = Nothing;
        if (context.Request.IsHttps)
            headers.StrictTransportSecurity = TwoYears;
        return next(context);
    }
}
