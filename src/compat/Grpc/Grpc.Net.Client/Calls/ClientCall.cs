using Grpc.Core;
using Grpc.Core.Wire;
using Grpc.Net.Client.Credentials;
using Grpc.Net.Client.Http;
using Grpc.Net.Client.Messages;
using Grpc.Net.Compression;

namespace Grpc.Net.Client.Calls;

/// <summary>
/// One call.
/// <code>
/// 1 begin    deadline and cancellation start to count
/// 2 send     credentials, request headers, request messages; waits for a connection if asked to
/// 3 open     the response headers: an error at once, or a body
/// 4 receive  one message, or a stream of them
/// 5 end      the trailers' status becomes the outcome
/// </code>
/// A failure in any step is the outcome instead; <see cref="CallLifetime"/> sees to it that there is just one.
/// </summary>
internal sealed class ClientCall<TRequest, TResponse>
    where TRequest : class
    where TResponse : class
{
    // The call objects take delegates with a state, so these serve all calls.
    private static readonly Func<object, Task<Metadata>> s_headers = static call => ((ClientCall<TRequest, TResponse>)call).HeadersAsync();
    private static readonly Func<object, Status> s_status = static call => ((ClientCall<TRequest, TResponse>)call).GetStatus();
    private static readonly Func<object, Metadata> s_trailers = static call => ((ClientCall<TRequest, TResponse>)call).GetTrailers();
    private static readonly Action<object> s_dispose = static call => ((ClientCall<TRequest, TResponse>)call).Dispose();

    private readonly GrpcChannel _channel;
    private readonly Method<TRequest, TResponse> _method;
    private readonly CallOptions _options;
    private readonly CallLifetime _lifetime;
    private readonly MessageStreamContent? _requests;
    private readonly string? _encoding;
    private Task<HttpResponseMessage>? _sent;
    private Task<Metadata>? _headers;
    private Task? _response;

    public ClientCall(GrpcChannel channel, Method<TRequest, TResponse> method, CallOptions options, bool streamsRequests)
    {
        channel.ThrowIfDisposed();
        _channel = channel;
        _method = method;
        _options = options;
        _requests = streamsRequests ? new MessageStreamContent() : null;
        _lifetime = new CallLifetime(channel, method, options, _requests);
        _encoding = options.Headers?.GetValue(WireNames.EncodingRequest);
    }

    private ICompressionProvider? Compression => _encoding is null ? null : _channel.FindCompression(_encoding);

    public AsyncUnaryCall<TResponse> StartUnary(TRequest request)
    {
        Begin(SingleMessage(request));
        var response = ReceiveOneAsync();
        _response = response;
        return new AsyncUnaryCall<TResponse>(response, s_headers, s_status, s_trailers, s_dispose, this);
    }

    public AsyncServerStreamingCall<TResponse> StartServerStreaming(TRequest request)
    {
        Begin(SingleMessage(request));
        return new AsyncServerStreamingCall<TResponse>(ReceiveMany(), s_headers, s_status, s_trailers, s_dispose, this);
    }

    public AsyncClientStreamingCall<TRequest, TResponse> StartClientStreaming()
    {
        Begin(_requests!);
        var response = ReceiveOneAsync();
        _response = response;
        return new AsyncClientStreamingCall<TRequest, TResponse>(SendMany(), response, s_headers, s_status, s_trailers, s_dispose, this);
    }

    public AsyncDuplexStreamingCall<TRequest, TResponse> StartDuplexStreaming()
    {
        Begin(_requests!);
        return new AsyncDuplexStreamingCall<TRequest, TResponse>(SendMany(), ReceiveMany(), s_headers, s_status, s_trailers, s_dispose, this);
    }

    private SingleMessageContent<TRequest> SingleMessage(TRequest request)
        => new(
            request,
            _method.RequestMarshaller.ContextualSerializer,
            _channel.MaxSendMessageSize,
            RequestStream<TRequest>.Compresses(_options.WriteOptions) ? Compression : null);

    private RequestStream<TRequest> SendMany()
        => new(_lifetime, _requests!, _method.RequestMarshaller.ContextualSerializer, _channel.MaxSendMessageSize, Compression, _options.WriteOptions);

    private ResponseStream<TResponse> ReceiveMany()
    {
        var opened = OpenAsync();
        opened.ObserveException();
        return new ResponseStream<TResponse>(_lifetime, opened);
    }

    // :: Step 1
    private void Begin(HttpContent content)
    {
        _lifetime.Begin();
        _sent = SendAsync(content);
    }

    // :: Step 2
    private async Task<HttpResponseMessage> SendAsync(HttpContent content)
    {
        try
        {
            if (_lifetime.Outcome is not null)
            {
                throw _lifetime.ToException(); // cancelled, or the deadline passed, before it began
            }

            if (_encoding is not (null or WireNames.Identity) && Compression is null)
            {
                throw new InvalidOperationException($"Could not find compression provider for '{_encoding}'.");
            }

            var authentication = await CallAuthentication.AuthenticateAsync(_channel, _method, _options.Credentials, _lifetime.Aborted).ConfigureAwait(false);
            var backoff = new ConnectBackoff(_channel.Clock);
            while (true)
            {
                try
                {
                    var request = RequestMessage.Create(_channel, _method, content, _encoding, _lifetime.TimeLeft, _options.Headers, authentication);
                    var response = await TransmitAsync(request).ConfigureAwait(false);
                    _lifetime.Attach(response);
                    return response;
                }
                catch (Exception e) when (_options.IsWaitForReady && TransportFailure.IsConnectFailure(e) && _lifetime.Outcome is null)
                {
                    var delay = backoff.Next();
                    Log.WaitingForConnection(_channel.Logger, e, _method.FullName, delay, _channel.Address);
                    await Task.Delay(delay, _channel.Clock, _lifetime.Aborted).ConfigureAwait(false);
                }
            }
        }
        catch (Exception e)
        {
            throw _lifetime.Fail(e);
        }
    }

    // HttpClient by itself would wait for the whole response.
    private Task<HttpResponseMessage> TransmitAsync(HttpRequestMessage request)
        => _channel.Transport is HttpClient client
            ? client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, _lifetime.Aborted)
            : _channel.Transport.SendAsync(request, _lifetime.Aborted);

    // :: Step 3. Null: the response is its headers, which say OK.
    private async Task<ResponseBody<TResponse>?> OpenAsync()
    {
        try
        {
            var response = await _sent!.ConfigureAwait(false);
            if (ResponseStatus.OfHeaders(response) is { } outcome)
            {
                return _lifetime.End(outcome).IsOk ? null : throw _lifetime.ToException();
            }

            return await ReadBodyAsync(response).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            throw _lifetime.Fail(e);
        }
    }

    // :: Steps 4 and 5 for a single response
    private async Task<TResponse> ReceiveOneAsync()
    {
        MessageReader<TResponse>? reader = null;
        try
        {
            var response = await _sent!.ConfigureAwait(false);
            if (ResponseStatus.OfHeaders(response) is { } early)
            {
                _lifetime.End(early.IsOk ? new CallOutcome(NotOneMessage("none"), early.Trailers) : early);
                throw _lifetime.ToException();
            }

            reader = (await ReadBodyAsync(response).ConfigureAwait(false)).Reader;
            var message = await reader.ReadAsync(_lifetime.Aborted).ConfigureAwait(false);
            if (message is not null && await reader.ReadAsync(_lifetime.Aborted).ConfigureAwait(false) is not null)
            {
                throw new RpcException(NotOneMessage("several"));
            }

            var outcome = ResponseStatus.OfTrailers(response);
            outcome = _lifetime.End(outcome.IsOk && message is null ? new CallOutcome(NotOneMessage("none"), outcome.Trailers) : outcome);
            return outcome.IsOk ? message! : throw _lifetime.ToException();
        }
        catch (Exception e)
        {
            throw _lifetime.Fail(e);
        }
        finally
        {
            reader?.Release();
        }
    }

    private ValueTask<ResponseBody<TResponse>> ReadBodyAsync(HttpResponseMessage response)
        => ResponseBody<TResponse>.OpenAsync(response, _channel, _method.ResponseMarshaller.ContextualDeserializer, _lifetime.Aborted);

    private static Status NotOneMessage(string count)
        => new(StatusCode.Internal, $"Failed to deserialize response message: the server sent {count} where the method has exactly one.");

    private Task<Metadata> HeadersAsync()
    {
        if (_headers is null)
        {
            _headers = ReadHeadersAsync();
            _headers.ObserveException(); // the caller hears of a failure from the response as well
        }

        return _headers;
    }

    private async Task<Metadata> ReadHeadersAsync() => MetadataHeaders.Read((await _sent!.ConfigureAwait(false)).Headers);

    private Status GetStatus()
        => _lifetime.Outcome?.Status ?? throw new InvalidOperationException("Unable to get the status because the call is not complete.");

    private Metadata GetTrailers()
        => _lifetime.Outcome?.Trailers ?? throw new InvalidOperationException("Can't get the call trailers because the call has not completed successfully.");

    private void Dispose()
    {
        _lifetime.Abort(CallOutcome.Disposed);
        _response?.ObserveException(); // whoever disposes of a call does not care for its response
    }
}
