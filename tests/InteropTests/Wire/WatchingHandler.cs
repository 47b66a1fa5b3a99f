using System.Net;

namespace InteropTests.Wire;

/// <summary>Sends a client's calls on, and keeps the compressed flags of the last call's messages.</summary>
internal sealed class WatchingHandler(HttpMessageHandler inner) : DelegatingHandler(inner)
{
    /// <summary>Flags of the requests of the last call.</summary>
    public CompressedFlags Requests { get; private set; } = new();

    /// <summary>Flags of its responses.</summary>
    public CompressedFlags Responses { get; private set; } = new();

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        (Requests, Responses) = (new CompressedFlags(), new CompressedFlags());
        request.Content = new WatchedRequest(request.Content!, Requests);
        var response = await base.SendAsync(request, cancellationToken);
        response.Content = new WatchedResponse(response.Content, Responses);
        return response;
    }

    private static void CopyHeaders(HttpContent from, HttpContent to)
    {
        foreach (var (name, values) in from.Headers.NonValidated)
        {
            to.Headers.TryAddWithoutValidation(name, values);
        }
    }

    private sealed class WatchedRequest : HttpContent
    {
        private readonly HttpContent _inner;
        private readonly CompressedFlags _flags;

        public WatchedRequest(HttpContent inner, CompressedFlags flags)
        {
            (_inner, _flags) = (inner, flags);
            CopyHeaders(inner, this);
        }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context)
            => _inner.CopyToAsync(new WatchedStream(stream, _flags), context);

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
            => _inner.CopyToAsync(new WatchedStream(stream, _flags), context, cancellationToken);

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }

    private sealed class WatchedResponse : HttpContent
    {
        private readonly HttpContent _inner;
        private readonly CompressedFlags _flags;

        public WatchedResponse(HttpContent inner, CompressedFlags flags)
        {
            (_inner, _flags) = (inner, flags);
            CopyHeaders(inner, this);
        }

        protected override async Task<Stream> CreateContentReadStreamAsync() => new WatchedStream(await _inner.ReadAsStreamAsync(), _flags);

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context)
            => throw new NotSupportedException("gRPC reads its responses as streams.");

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                _inner.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}
