namespace Inference.Storage.Redis;

/// <summary>Tasks that nobody may be waiting for any more when they end.</summary>
internal static class ForgottenTasks
{
    /// <summary>Sees to it that a late failure is not reported as one that nobody looked at.</summary>
    public static void Forget(this Task task)
    {
        if (!task.IsCompletedSuccessfully)
            _ = task.ContinueWith(static ended => _ = ended.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }
}
