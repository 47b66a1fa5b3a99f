namespace Inference.Recommendations.Pipeline;

/// <summary>Waits for a part of the server no longer than the part's own budget and the caller's deadline allow.</summary>
internal readonly struct Budget(TimeProvider time, DateTimeOffset deadline, TimeSpan reserve)
{
    /// <summary>What a part with this budget may use now; zero or less when there is no time left.</summary>
    public TimeSpan Left(TimeSpan budget)
    {
        if (deadline == DateTimeOffset.MaxValue)
            return budget;
        TimeSpan left = deadline - time.GetUtcNow() - reserve;
        return left < budget ? left : budget;
    }

    /// <summary>What is left before the caller's deadline; null when it has none.</summary>
    public TimeSpan? Patience => deadline == DateTimeOffset.MaxValue ? null : Left(TimeSpan.MaxValue);

    /// <summary>Awaits the part; one that has finished already costs no timer.</summary>
    /// <exception cref="TimeoutException">The budget ran out; the part goes on alone, and its failure is observed.</exception>
    public ValueTask<T> WaitAsync<T>(ValueTask<T> part, TimeSpan left, CancellationToken cancellationToken) =>
        part.IsCompleted ? part : new ValueTask<T>(WithTimer(part.AsTask(), left, cancellationToken));

    private Task<T> WithTimer<T>(Task<T> part, TimeSpan left, CancellationToken cancellationToken)
    {
        Observe(part);
        return part.WaitAsync(left, time, cancellationToken);
    }

    private static void Observe(Task part) =>
        part.ContinueWith(static task => _ = task.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
}
