namespace Grpc.Net.Client.Calls;

internal static class TaskObservation
{
    /// <summary>Marks a failure of the task as seen, for tasks that the caller is free not to await.</summary>
    public static void ObserveException(this Task task)
        => task.ContinueWith(
            static failed => _ = failed.Exception,
            CancellationToken.None,
            TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
}
