using System.Collections.Concurrent;
using Grpc.Core;
using Inference.Cli.Frame;
using Recsys.V1;

namespace Inference.Cli.Export;

/// <summary>
/// Asks about users through RecommendStream and hands out the answers in the order of the users.
/// <list type="number">
/// <item>At most a window of users is on its way; the next ones are read as answers come, a quarter of the window at a time, and sent together.</item>
/// <item>A user stays in the queue until the answer is taken, so that a new stream goes on with those that the broken one owes.</item>
/// <item>The cursor of an answer must be that of the oldest user in the queue.</item>
/// </list>
/// </summary>
internal sealed class ExportStream(RecommendationService.RecommendationServiceClient client, UserSource users, int window, TimeSpan patience, TimeProvider time)
{
    private static readonly WriteOptions Together = new(WriteFlags.BufferHint);

    private readonly ConcurrentQueue<OwedUser> _owed = new();
    private volatile Exception? _unreadable;
    private volatile bool _isAtEnd;

    /// <summary>Runs one stream until all users are answered.</summary>
    /// <param name="take">Is given each user with the answer.</param>
    /// <exception cref="BrokenStreamException">It broke off; what was taken is done, and the next call goes on behind it.</exception>
    /// <exception cref="CommandFailedException">The server refuses what is asked of all users.</exception>
    public async Task RunAsync(Action<ExportUser, RecommendStreamResponse> take, CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using AsyncDuplexStreamingCall<RecommendStreamRequest, RecommendStreamResponse> call = client.RecommendStream(cancellationToken: ending.Token);
        OwedUser[] again = [.. _owed];
        using var free = new SemaphoreSlim(window - again.Length);
        Task sending = SendAsync(call.RequestStream, again, free, ending);
        try
        {
            await ReceiveAsync(call.ResponseStream, free, take, cancellationToken);
            if (!_isAtEnd || !_owed.IsEmpty)
                throw new BrokenStreamException("the server ended the stream before its last answer");
        }
        catch (RpcException failure)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw _unreadable is { } unreadable ? new CommandFailedException($"--users: {unreadable.Message}", unreadable) : Explain(failure.StatusCode, failure.Status.Detail, failure)!;
        }
        finally
        {
            await ending.CancelAsync();
            await sending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task SendAsync(IClientStreamWriter<RecommendStreamRequest> requests, OwedUser[] again, SemaphoreSlim free, CancellationTokenSource ending)
    {
        for (int i = 0; i < again.Length; i++)
        {
            requests.WriteOptions = i < again.Length - 1 ? Together : WriteOptions.Default;
            await requests.WriteAsync(again[i].User.Element);
        }

        while (true)
        {
            await free.WaitAsync(ending.Token);
            if (await ReadAsync(ending) is not { } user)
                break;
            _owed.Enqueue(new OwedUser(user, time.GetTimestamp()));
            // While there is room the next one follows at once, or the end, and takes this one along.
            requests.WriteOptions = free.CurrentCount > 0 && !users.MayWait ? Together : WriteOptions.Default;
            await requests.WriteAsync(user.Element);
        }

        _isAtEnd = true;
        await requests.CompleteAsync();
    }

    /// <summary>Reads the next user; where that fails the stream ends, for there is nothing more to be sent.</summary>
    private async ValueTask<ExportUser?> ReadAsync(CancellationTokenSource ending)
    {
        try
        {
            return await users.ReadAsync(ending.Token);
        }
        catch (Exception e) when (!ending.IsCancellationRequested)
        {
            _unreadable = e;
            await ending.CancelAsync();
            throw;
        }
    }

    private async Task ReceiveAsync(IAsyncStreamReader<RecommendStreamResponse> answers, SemaphoreSlim free, Action<ExportUser, RecommendStreamResponse> take, CancellationToken cancellationToken)
    {
        int block = users.MayWait ? 1 : Math.Max(1, window / 4), taken = 0;
        while (await NextAsync(answers, cancellationToken))
        {
            RecommendStreamResponse answer = answers.Current;
            if (!_owed.TryPeek(out OwedUser oldest) || oldest.User.Element.Cursor != answer.Cursor)
                throw new CommandFailedException($"the server answers '{answer.Cursor}' where '{oldest.User?.Element.Cursor}' is next. A server that does not echo cursors is too old for exports.");
            ExportUser user = oldest.User;
            if (answer.Error is { } error && user.Fault is null && Explain((StatusCode)error.Code, error.Message, null) is { } ofAll)
                throw ofAll;
            take(user, answer);
            _owed.TryDequeue(out _);
            if (++taken < block)
                continue;
            free.Release(taken);
            taken = 0;
        }
    }

    /// <summary>Waits for the next answer; for ever where none is owed. Patience begins when the answer before came, or later, when the oldest user that is owed one was asked about.</summary>
    private async Task<bool> NextAsync(IAsyncStreamReader<RecommendStreamResponse> answers, CancellationToken cancellationToken)
    {
        long began = time.GetTimestamp();
        Task<bool> moving = answers.MoveNext(cancellationToken);
        while (!moving.IsCompleted)
        {
            TimeSpan left = _owed.TryPeek(out OwedUser oldest) ? patience - time.GetElapsedTime(Math.Max(began, oldest.Asked)) : patience;
            if (left <= TimeSpan.Zero)
                throw new BrokenStreamException($"no answer came within {patience.TotalSeconds:0.###} s");
            try
            {
                await moving.WaitAsync(left, time, cancellationToken);
            }
            catch (TimeoutException) when (!moving.IsCompleted)
            {
                // Whether that is too long depends on who is owed an answer by now.
            }
        }

        return await moving;
    }

    /// <summary>What a status of the stream, or of one element, says about all that follow; null where it is about one user alone.</summary>
    /// <param name="failure">The stream's failure; null for an element's.</param>
    private static Exception? Explain(StatusCode code, string detail, RpcException? failure) => code switch
    {
        // A server that starts, stops or has too much to do says so of each element, too.
        StatusCode.Unavailable or StatusCode.ResourceExhausted or StatusCode.DeadlineExceeded or StatusCode.Cancelled or StatusCode.Aborted =>
            new BrokenStreamException($"{ExportError.NameOf(code)}: {detail}", failure),
        // The version that was asked for is not loaded (any more).
        StatusCode.FailedPrecondition => new CommandFailedException($"the server refuses the question: {detail}", failure!),
        _ when failure is null => null,
        StatusCode.Internal or StatusCode.Unknown => new BrokenStreamException($"{ExportError.NameOf(code)}: {detail}", failure),
        _ => new CommandFailedException($"the server answered {ExportError.NameOf(code)}: {detail}", failure),
    };

    /// <param name="Asked">When the user was first asked about.</param>
    private readonly record struct OwedUser(ExportUser User, long Asked);
}
