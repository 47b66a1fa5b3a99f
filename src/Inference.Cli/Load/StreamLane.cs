using System.Threading.Channels;
using Grpc.Core;
using Recsys.V1;

namespace Inference.Cli.Load;

/// <summary>
/// One long RecommendStream that many questions share, one after another. A stream that breaks fails what waits for it; the next question opens a new one. Ask from one thread.
/// </summary>
internal sealed class StreamLane(RecommendationService.RecommendationServiceClient client, Metadata? headers) : IAsyncDisposable
{
    private Line? _line;

    /// <summary>The answer to this question, when its turn comes; it has no deadline of its own.</summary>
    /// <exception cref="RpcException">The stream broke, or the server had no answer to this one.</exception>
    public Task<RecommendResponse> AskAsync(RecommendStreamRequest question)
    {
        if (_line is null || _line.HasEnded)
            _line = new Line(client.RecommendStream(headers));
        return _line.AskAsync(question);
    }

    public async ValueTask DisposeAsync()
    {
        if (_line is not null)
            await _line.DisposeAsync();
    }

    private sealed class Line : IAsyncDisposable
    {
        private readonly AsyncDuplexStreamingCall<RecommendStreamRequest, RecommendStreamResponse> _call;
        private readonly Channel<Question> _questions = Channel.CreateUnbounded<Question>();
        private readonly Channel<Question> _asked = Channel.CreateUnbounded<Question>();
        private readonly Task _ended;

        public Line(AsyncDuplexStreamingCall<RecommendStreamRequest, RecommendStreamResponse> call)
        {
            _call = call;
            _ended = Task.WhenAll(WriteAsync(), ReadAsync());
        }

        public bool HasEnded => _ended.IsCompleted;

        public Task<RecommendResponse> AskAsync(RecommendStreamRequest message)
        {
            var answer = new TaskCompletionSource<RecommendResponse>(TaskCreationOptions.RunContinuationsAsynchronously);
            if (!_questions.Writer.TryWrite(new Question(message, answer)))
                answer.SetException(new RpcException(new Status(StatusCode.Unavailable, "the stream has ended")));
            return answer.Task;
        }

        public async ValueTask DisposeAsync()
        {
            _questions.Writer.TryComplete();
            await Task.WhenAny(_ended, Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System));
            _call.Dispose();
            await _ended;
        }

        private async Task WriteAsync()
        {
            try
            {
                await foreach (Question question in _questions.Reader.ReadAllAsync())
                {
                    _asked.Writer.TryWrite(question);
                    await _call.RequestStream.WriteAsync(question.Message);
                }

                await _call.RequestStream.CompleteAsync();
            }
            catch (Exception e)
            {
                End(e);
            }

            _asked.Writer.TryComplete();
        }

        private async Task ReadAsync()
        {
            try
            {
                while (await _call.ResponseStream.MoveNext(CancellationToken.None))
                {
                    RecommendStreamResponse response = _call.ResponseStream.Current;
                    Question question = await _asked.Reader.ReadAsync();
                    if (response.Error is { } error)
                        question.Answer.SetException(new RpcException(new Status((StatusCode)error.Code, error.Message)));
                    else
                        question.Answer.SetResult(response.Response);
                }

                End(new RpcException(new Status(StatusCode.Unavailable, "the stream has ended")));
            }
            catch (Exception e)
            {
                End(e);
            }
        }

        /// <summary>Fails all that wait.</summary>
        private void End(Exception reason)
        {
            _questions.Writer.TryComplete();
            Exception failure = reason as RpcException ?? new RpcException(new Status(StatusCode.Unavailable, reason.Message));
            while (_asked.Reader.TryRead(out Question waiting) || _questions.Reader.TryRead(out waiting))
                waiting.Answer.TrySetException(failure);
        }

        private readonly record struct Question(RecommendStreamRequest Message, TaskCompletionSource<RecommendResponse> Answer);
    }
}
