using Grpc.Core;
using Recsys.V1;

namespace FunctionalTests.Cli;

/// <summary>A server that answers at once, but for a time in which it answers nothing; then all that waited is answered. Made at the call level, without a network.</summary>
/// <param name="time">The clock.</param>
/// <param name="from">When the stall begins, since the invoker was made.</param>
/// <param name="until">When it ends.</param>
/// <param name="holdsTheSender">Whether the first call within the stall keeps its caller until the stall ends, as a full connection would; later ones are then answered at once.</param>
internal sealed class StallingInvoker(TimeProvider time, TimeSpan from, TimeSpan until, bool holdsTheSender = false) : CallInvoker
{
    private long _start;

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
    {
        // From the first call on: how long a run takes to begin is not its matter.
        long here = time.GetTimestamp(), start = Interlocked.CompareExchange(ref _start, here, 0);
        TimeSpan now = start == 0 ? TimeSpan.Zero : time.GetElapsedTime(start);
        if (holdsTheSender && now >= from && now < until)
        {
            using var never = new ManualResetEventSlim();
            never.Wait(until - now);
            now = until;
        }

        Task<TResponse> response = AnswerAsync<TResponse>(now >= from && now < until ? until - now : TimeSpan.Zero);
        return new AsyncUnaryCall<TResponse>(response, Task.FromResult(new Metadata()), () => Status.DefaultSuccess, () => [], () => { });
    }

    public override TResponse BlockingUnaryCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) => throw new NotSupportedException();

    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) => throw new NotSupportedException();

    public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options) => throw new NotSupportedException();

    public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options) => throw new NotSupportedException();

    private async Task<TResponse> AnswerAsync<TResponse>(TimeSpan after)
    {
        if (after == Timeout.InfiniteTimeSpan || after > TimeSpan.FromDays(1))
            await new TaskCompletionSource().Task;
        if (after > TimeSpan.Zero)
            await Task.Delay(after, time);
        return (TResponse)(object)new RecommendResponse { ServedBy = Rung.Popularity, Items = { new RecommendedItem { ItemId = "i1" } } };
    }
}
