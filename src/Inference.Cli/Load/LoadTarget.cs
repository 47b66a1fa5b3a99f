using Grpc.Core;
using Recsys.V1;

namespace Inference.Cli.Load;

/// <summary>One connection that requests are sent over. Send from one thread.</summary>
internal sealed class LoadTarget : IAsyncDisposable
{
    private readonly RecommendationService.RecommendationServiceClient _client;
    private readonly EventService.EventServiceClient _events;
    private readonly StreamLane _stream;
    private readonly Metadata? _headers;

    /// <param name="invoker">The connection.</param>
    /// <param name="headers">What goes with every call; null for nothing.</param>
    public LoadTarget(CallInvoker invoker, Metadata? headers = null)
    {
        _client = new RecommendationService.RecommendationServiceClient(invoker);
        _events = new EventService.EventServiceClient(invoker);
        _stream = new StreamLane(_client, headers);
        _headers = headers;
    }

    /// <summary>Sends a request and waits for its answer.</summary>
    /// <exception cref="RpcException">There was none.</exception>
    public async Task<LoadAnswer> SendAsync(LoadCall request, DateTime deadline)
    {
        switch (request.Message)
        {
            case RecommendRequest message:
                using (AsyncUnaryCall<RecommendResponse> call = _client.RecommendAsync(message, _headers, deadline))
                    return Of(await call.ResponseAsync.ConfigureAwait(false));
            case SimilarItemsRequest message:
                using (AsyncUnaryCall<SimilarItemsResponse> call = _client.SimilarItemsAsync(message, _headers, deadline))
                {
                    SimilarItemsResponse response = await call.ResponseAsync.ConfigureAwait(false);
                    return new LoadAnswer(response.ServedBy, response.Degraded.Count > 0, response.Items.Count == 0);
                }

            case RecordEventsRequest message:
                using (AsyncUnaryCall<RecordEventsResponse> call = _events.RecordEventsAsync(message, _headers, deadline))
                {
                    RecordEventsResponse response = await call.ResponseAsync.ConfigureAwait(false);
                    return new LoadAnswer(Rung.Unspecified, IsDegraded: false, IsEmpty: response.Recorded == 0);
                }

            case RecommendStreamRequest message:
                return Of(await _stream.AskAsync(message).ConfigureAwait(false));
            default:
                throw new InvalidOperationException($"{request.Message.Descriptor.FullName} is no request of a load.");
        }
    }

    public ValueTask DisposeAsync() => _stream.DisposeAsync();

    private static LoadAnswer Of(RecommendResponse response) => new(response.ServedBy, response.Degraded.Count > 0, response.Items.Count == 0);
}
