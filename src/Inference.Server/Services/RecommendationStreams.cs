using System.Threading.Channels;
using Grpc.Core;
using Inference.Server.Admission;
using Inference.Server.Admission.Queues;
using Inference.Server.Failures;
using Inference.Server.Hosting;
using Inference.Server.Options;
using Inference.Server.Requests;
using Recsys.V1;

namespace Inference.Server.Services;

/// <summary>
/// One RecommendStream: reads questions and begins their answers, a bounded number at a time, and writes the answers in the order of the questions.
/// <code>
///  slot free? ── read ── answer on the thread pool ── queue (in order) ── await ── write ── is the next one there? ── yes: write it, too
///                                                                                          └─ no: flush, free the slots
/// </code>
/// <list type="bullet">
/// <item>A question that cannot be answered gives an error element; the stream goes on.</item>
/// <item>Each answer carries the cursor of its question.</item>
/// <item>Answers are made on the thread pool, so that one stream uses all cores, and its rows meet in batches of the user tower.</item>
/// <item>Answers that are there already are sent together; none waits for one that is still being made.</item>
/// <item>Each element needs room as a call does (<see cref="CallAdmission"/>), and waits for it; a stream without questions for a while is ended.</item>
/// <item>The client's own pace bounds memory: slots are freed when the transport has taken the answers, and without a free slot nothing is read.</item>
/// </list>
/// </summary>
internal sealed class RecommendationStreams(ServerOptions options, FailureInterceptor failures, Drain drain, CallAdmission admission, AdmissionOptions limits, TimeProvider time)
{
    /// <summary>Most bytes of answers that wait for others to be sent together: a few frames of HTTP/2.</summary>
    private const int MaxUnsentBytes = 32 * 1024;

    private static readonly WriteOptions Together = new(WriteFlags.BufferHint);

    public delegate Task<RecommendResponse> AnswerOne(RecommendRequest request, ServerCallContext context);

    public async Task RunAsync(
        IAsyncStreamReader<RecommendStreamRequest> requests, IServerStreamWriter<RecommendStreamResponse> responses, AnswerOne answerOne, ServerCallContext context)
    {
        using var slots = new SemaphoreSlim(options.StreamConcurrency);
        using var idle = new CancellationTokenSource(limits.StreamIdleTimeout, time);
        using var reading = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, drain.LastCall, idle.Token);
        Permit? permit = Permit.Of(context);
        Channel<StreamElement> begun = Channel.CreateUnbounded<StreamElement>(new() { SingleReader = true, SingleWriter = true });
        var elements = new StreamElement?[options.StreamConcurrency];
        ValueTask<RecommendStreamResponse> Answer(RecommendStreamRequest question, StreamElement element) => AnswerAsync(question, answerOne, context, permit, element.Room);

        Task writing = WriteAsync(begun.Reader, responses, slots, reading);
        try
        {
            for (int place = 0; ; place = (place + 1) % elements.Length)
            {
                await slots.WaitAsync(reading.Token);
                // Every question, and every answer that the client has taken, begins the time anew.
                idle.CancelAfter(limits.StreamIdleTimeout);
                if (!await requests.MoveNext(reading.Token))
                    break;
                idle.CancelAfter(limits.StreamIdleTimeout);
                // Slots are freed in order, so the place of the oldest one is free.
                StreamElement element = elements[place] ??= new StreamElement(Answer);
                element.Begin(requests.Current);
                begun.Writer.TryWrite(element);
            }
        }
        catch (OperationCanceledException) when (reading.IsCancellationRequested)
        {
            // Nothing more is read; what was begun is still answered. The writer's own failure, if that is why, surfaces below.
        }
        finally
        {
            begun.Writer.Complete();
            await writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await writing;
        context.CancellationToken.ThrowIfCancellationRequested();
        if (drain.LastCall.IsCancellationRequested)
            throw FailureTable.ServerStopping.ToException();
        if (idle.IsCancellationRequested)
        {
            admission.CountIdle();
            throw FailureTable.StreamIdle.ToException();
        }
    }

    private static async Task WriteAsync(
        ChannelReader<StreamElement> begun, IServerStreamWriter<RecommendStreamResponse> responses, SemaphoreSlim slots, CancellationTokenSource reading)
    {
        int unsent = 0, bytes = 0;
        try
        {
            await foreach (StreamElement element in begun.ReadAllAsync())
            {
                RecommendStreamResponse answer = await element.Answer;
                unsent++;
                bool isNextThere = begun.TryPeek(out StreamElement? next) && next.IsAnswered;
                bool isKept = isNextThere && (bytes += answer.CalculateSize()) < MaxUnsentBytes;
                responses.WriteOptions = isKept ? Together : WriteOptions.Default;
                await responses.WriteAsync(answer);
                if (isKept)
                    continue;
                slots.Release(unsent);
                unsent = bytes = 0;
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
    private async ValueTask<RecommendStreamResponse> AnswerAsync(RecommendStreamRequest element, AnswerOne answerOne, ServerCallContext context, Permit? permit, Waiter room)
    {
        // What is too long to be sent is not sent back either.
        if (StreamRules.Check(element) is { } refused)
            return new RecommendStreamResponse { Error = refused.ToRpcStatus() };
        try
        {
            if (permit is not null)
                await admission.EnterElementAsync(permit, room, context.CancellationToken);
            Task<RecommendResponse> answering = answerOne(element.Request ?? new RecommendRequest(), context);
            if (!answering.IsCompleted)
                admission.Room.LeaveThread(room);
            return new RecommendStreamResponse { Cursor = element.Cursor, Response = await answering };
        }
        catch (Exception e)
        {
            return new RecommendStreamResponse { Cursor = element.Cursor, Error = failures.Explain(e, context).ToRpcStatus() };
        }
        finally
        {
            admission.Room.Leave(room);
        }
    }
}
