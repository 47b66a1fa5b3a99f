namespace Inference.Towers.Loading;

/// <summary>For what belongs to a load or to the end of a snapshot and takes more than a moment: a thread of its own, which stands back as those of a load do. A thread of the pool would be missing to requests.</summary>
public static class BackgroundThread
{
    /// <summary>Runs some work; whoever awaits it goes on where he was.</summary>
    /// <param name="work">The work.</param>
    /// <param name="pace">Whether somebody is served meanwhile.</param>
    /// <param name="options">How far the thread stands back then.</param>
    public static async Task<T> RunAsync<T>(Func<T> work, LoadPace pace, LoadingOptions options)
    {
        using var thread = new LoadingThreads(1, pace == LoadPace.Full ? 0 : options.Niceness);
        return await thread.RunAsync(work, CancellationToken.None).ConfigureAwait(false);
    }
}
