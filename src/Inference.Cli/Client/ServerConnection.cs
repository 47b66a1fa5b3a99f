using Grpc.Core;
using Grpc.Net.Client;
using Inference.Cli.Frame;
using Recsys.V1;

namespace Inference.Cli.Client;

/// <summary>One HTTP/2 connection to a server.</summary>
internal sealed class ServerConnection : IDisposable
{
    private readonly GrpcChannel _channel;
    private readonly string _address;
    private readonly string _option;

    /// <param name="address">Where the server is.</param>
    /// <param name="access">Who the tool is to it; null for nobody.</param>
    /// <param name="option">The option that says where it is, for messages.</param>
    /// <param name="around">What stands between calls and the connection; null for nothing.</param>
    public ServerConnection(string address, ServerAccess? access = null, string option = "--address", Func<HttpMessageHandler, HttpMessageHandler>? around = null)
    {
        _address = address;
        _option = option;
        var handler = new SocketsHttpHandler
        {
            // One connection per channel, held open: how many there are is the caller's decision. Proxies of the environment do not speak h2c.
            EnableMultipleHttp2Connections = false,
            PooledConnectionIdleTimeout = Timeout.InfiniteTimeSpan,
            ConnectTimeout = TimeSpan.FromSeconds(5),
            UseProxy = false,
            SslOptions = access?.Tls.ToOptions() ?? new(),
        };
        _channel = GrpcChannel.ForAddress(address, new GrpcChannelOptions
        {
            HttpHandler = around?.Invoke(handler) ?? handler,
            DisposeHttpClient = true,
            MaxReceiveMessageSize = 64 * 1024 * 1024,
        });
        CallInvoker calls = _channel.CreateCallInvoker();
        Invoker = calls = access?.AddTo(calls) ?? calls;
        Client = new RecommendationService.RecommendationServiceClient(calls);
        Events = new EventService.EventServiceClient(calls);
        Catalog = new CatalogService.CatalogServiceClient(calls);
        State = new StateService.StateServiceClient(calls);
        Models = new ModelService.ModelServiceClient(calls);
    }

    /// <summary>Makes calls of any service.</summary>
    public CallInvoker Invoker { get; }

    public RecommendationService.RecommendationServiceClient Client { get; }

    public EventService.EventServiceClient Events { get; }

    public CatalogService.CatalogServiceClient Catalog { get; }

    public StateService.StateServiceClient State { get; }

    public ModelService.ModelServiceClient Models { get; }

    /// <summary>Makes a call and turns the failures that people can do something about into messages that say what.</summary>
    public Task<T> CallAsync<T>(
        Func<RecommendationService.RecommendationServiceClient, CallOptions, AsyncUnaryCall<T>> call, TimeSpan timeout, TimeProvider time, CancellationToken cancellationToken) =>
        CallAsync(options => call(Client, options), timeout, time, cancellationToken);

    /// <inheritdoc cref="CallAsync{T}(Func{RecommendationService.RecommendationServiceClient, CallOptions, AsyncUnaryCall{T}}, TimeSpan, TimeProvider, CancellationToken)"/>
    public Task<T> CallAsync<T>(Func<CallOptions, AsyncUnaryCall<T>> call, TimeSpan timeout, TimeProvider time, CancellationToken cancellationToken) => AskAsync(
        async options =>
        {
            using AsyncUnaryCall<T> answer = call(options);
            return await answer.ResponseAsync;
        },
        timeout,
        time,
        cancellationToken);

    /// <summary>Makes one or several calls within one deadline; failures as in <see cref="CallAsync{T}(Func{CallOptions, AsyncUnaryCall{T}}, TimeSpan, TimeProvider, CancellationToken)"/>.</summary>
    public async Task<T> AskAsync<T>(Func<CallOptions, Task<T>> ask, TimeSpan timeout, TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            return await ask(new CallOptions(deadline: time.GetUtcNow().UtcDateTime + timeout, cancellationToken: cancellationToken));
        }
        catch (RpcException failure) when (failure.StatusCode == StatusCode.Unavailable)
        {
            throw new CommandFailedException($"no server answers at {_address} ({failure.Status.Detail}). Start one with ./dev run, or say where it is with {_option}.", failure);
        }
        catch (RpcException failure) when (failure.StatusCode == StatusCode.DeadlineExceeded)
        {
            throw new CommandFailedException($"the server at {_address} did not answer within {timeout.TotalSeconds:0.###} s; --timeout gives it more.", failure);
        }
        catch (RpcException failure) when (failure.StatusCode == StatusCode.Cancelled && cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException("stopped", failure, cancellationToken);
        }
    }

    public void Dispose() => _channel.Dispose();
}
