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
    /// <param name="deadline">What the server is told that each call may take, but not the stream, which lasts as long as the load; null for nothing.</param>
    public LoadTarget(CallInvoker invoker, Metadata? headers = null, TimeSpan? deadline = null)
    {
        _client = new RecommendationService.RecommendationServiceClient(invoker);
        _events = new EventService.EventServiceClient(invoker);
        _stream = new StreamLane(_client, headers);
        _headers = deadline is { } told ? ToldDeadline.AddTo(headers, told) : headers;
    }

    /// <summary>Sends a request and waits for its answer, or for what there is instead.</summary>
    public async Task<LoadAnswer> SendAsync(LoadCall request, DateTime deadline)
    {
        switch (request.Message)
        {
            case RecommendRequest message:
                using (AsyncUnaryCall<RecommendResponse> call = _client.RecommendAsync(message, _headers, deadline))
                    return await AnswerAsync(call.ResponseAsync, Of).ConfigureAwait(false);
            case SimilarItemsRequest message:
                using (AsyncUnaryCall<SimilarItemsResponse> call = _client.SimilarItemsAsync(message, _headers, deadline))
                    return await AnswerAsync(call.ResponseAsync, static response => new LoadAnswer(response.ServedBy, response.Degraded.Count > 0, response.Items.Count == 0)).ConfigureAwait(false);
            case RecordEventsRequest message:
                using (AsyncUnaryCall<RecordEventsResponse> call = _events.RecordEventsAsync(message, _headers, deadline))
                    return await AnswerAsync(call.ResponseAsync, static response => new LoadAnswer(Rung.Unspecified, IsDegraded: false, IsEmpty: response.Recorded == 0)).ConfigureAwait(false);
            case RecommendStreamRequest message:
                return await AnswerAsync(_stream.AskAsync(message), Of).ConfigureAwait(false);
            default:
                throw new InvalidOperationException($"{request.Message.Descriptor.FullName} is no request of a load.");
        }
    }

    public ValueTask DisposeAsync() => _stream.DisposeAsync();

    /// <remarks>A failure is not thrown again: under an overload most calls fail, and what throwing costs would make the generator late.</remarks>
    private static async ValueTask<LoadAnswer> AnswerAsync<T>(Task<T> response, Func<T, LoadAnswer> of)
    {
        await ((Task)response).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return response.IsCompletedSuccessfully ? of(await response.ConfigureAwait(false)) : default(LoadAnswer) with { Failure = (Exception?)response.Exception?.InnerException ?? new TaskCanceledException(response) };
    }

    private static LoadAnswer Of(RecommendResponse response) => new(response.ServedBy, response.Degraded.Count > 0, response.Items.Count == 0);
}
