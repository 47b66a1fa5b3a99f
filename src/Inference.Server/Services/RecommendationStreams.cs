using System.Threading.Channels;
using Grpc.Core;
using Inference.Server.Failures;
using Inference.Server.Hosting;
using Inference.Server.Options;
using Recsys.V1;

namespace Inference.Server.Services;

/// <summary>
/// One RecommendStream: reads questions and begins their answers, a bounded number at a time, and writes the answers in the order of the questions.
/// <code>
///  read ── slot free? ── begin the answer ── queue (in order) ── await ── write ── free the slot
/// </code>
/// A question that cannot be answered gives an error element. The client's own pace bounds memory: without a free slot nothing is read.
/// </summary>
internal sealed class RecommendationStreams(ServerOptions options, FailureInterceptor failures, Drain drain)
{
    public delegate Task<RecommendResponse> AnswerOne(RecommendRequest request, ServerCallContext context);

    public async Task RunAsync(
        IAsyncStreamReader<RecommendStreamRequest> requests, IServerStreamWriter<RecommendStreamResponse> responses, AnswerOne answerOne, ServerCallContext context)
    {
        using var slots = new SemaphoreSlim(options.StreamConcurrency);
        using var reading = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, drain.LastCall);
        Channel<Task<RecommendStreamResponse>> answers = Channel.CreateUnbounded<Task<RecommendStreamResponse>>(new() { SingleReader = true, SingleWriter = true });

        Task writing = WriteAsync(answers.Reader, responses, slots, reading);
        try
        {
            while (await requests.MoveNext(reading.Token))
            {
                await slots.WaitAsync(reading.Token);
                answers.Writer.TryWrite(AnswerAsync(requests.Current, answerOne, context));
            }
        }
        catch (OperationCanceledException) when (reading.IsCancellationRequested)
        {
            // Nothing more is read; what was begun is still answered. The writer's own failure, if that is why, surfaces below.
        }
        finally
        {
            answers.Writer.Complete();
            await writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await writing;
        context.CancellationToken.ThrowIfCancellationRequested();
        if (drain.LastCall.IsCancellationRequested)
            throw FailureTable.ServerStopping.ToException();
    }

    private static async Task WriteAsync(
        ChannelReader<Task<RecommendStreamResponse>> answers, IServerStreamWriter<RecommendStreamResponse> responses, SemaphoreSlim slots, CancellationTokenSource reading)
    {
        try
        {
            await foreach (Task<RecommendStreamResponse> answer in answers.ReadAllAsync())
            {
                await responses.WriteAsync(await answer);
                slots.Release();
            }
        }
        catch
        {
            // Without a reader of the answers no further question is worth reading.
            await reading.CancelAsync();
            throw;
        }
    }

    /// <summary>Never throws: whatever happens is the element's own error.</summary>
    private async Task<RecommendStreamResponse> AnswerAsync(RecommendStreamRequest element, AnswerOne answerOne, ServerCallContext context)
    {
        try
        {
            return new RecommendStreamResponse { Response = await answerOne(element.Request ?? new RecommendRequest(), context) };
        }
        catch (Exception e)
        {
            return new RecommendStreamResponse { Error = failures.Explain(e, context).ToRpcStatus() };
        }
    }
}
