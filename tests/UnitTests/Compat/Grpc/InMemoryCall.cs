using System.Globalization;
using System.IO.Pipelines;
using Grpc.AspNetCore.Server;
using Grpc.AspNetCore.Server.Calls;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging.Abstractions;

namespace UnitTests.Compat.Grpc;

/// <summary>
/// An HTTP/2 request without a server: the handlers of the four kinds run on it as they run on Kestrel. Messages are plain bytes, so that every payload parses.
/// </summary>
internal sealed class InMemoryCall : IHttpResponseTrailersFeature, IHttpResetFeature, IRequestBodyPipeFeature
{
    private readonly Pipe _body;
    private readonly MemoryStream _response = new();

    /// <summary>Makes a request whose body <see cref="Body"/> is to be written and completed.</summary>
    public InMemoryCall(PipeOptions? options = null)
    {
        _body = new Pipe(options ?? PipeOptions.Default);
        Http = new DefaultHttpContext();
        Http.Features.Set<IRequestBodyPipeFeature>(this);
        Http.Features.Set<IHttpResponseTrailersFeature>(this);
        Http.Features.Set<IHttpResetFeature>(this);
        Http.Features.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(_response));
        Http.Request.Protocol = "HTTP/2";
        Http.Request.Method = "POST";
        Http.Request.Path = "/unit.Test/Method";
        Http.Request.ContentType = "application/grpc";
    }

    public static Marshaller<byte[]> Bytes { get; } = Marshallers.Create<byte[]>(message => message, payload => payload);

    public DefaultHttpContext Http { get; }

    public PipeWriter Body => _body.Writer;

    public PipeReader Reader => _body.Reader;

    public IHeaderDictionary Trailers { get; set; } = new HeaderDictionary();

    public int? ResetCode { get; private set; }

    /// <summary>The status, wherever it was written; null where there is none.</summary>
    public StatusCode? Status
        => (Trailers.GrpcStatus.Count > 0 ? Trailers : Http.Response.Headers).GrpcStatus is { Count: 1 } value
            ? (StatusCode)int.Parse(value.ToString(), CultureInfo.InvariantCulture)
            : null;

    public static MethodSettings Settings(TimeProvider? time = null, Action<GrpcServiceOptions>? set = null)
    {
        var options = new GrpcServiceOptions();
        set?.Invoke(options);
        return new MethodSettings(options, NullLogger.Instance, time ?? TimeProvider.System);
    }

    public static Method<byte[], byte[]> Method(MethodType type) => new(type, "unit.Test", "Method", Bytes, Bytes);

    /// <summary>What has been written to the response.</summary>
    public async Task<byte[]> ResponseAsync()
    {
        await Http.Response.BodyWriter.FlushAsync();
        return _response.ToArray();
    }

    public void Reset(int errorCode) => ResetCode = errorCode;
}
